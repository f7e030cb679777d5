namespace GpuGrants.Api.Mail;

/// <summary>What a mail says.</summary>
/// <param name="To">The recipient's address.</param>
/// <param name="Subject">One line.</param>
/// <param name="Text">Plain text.</param>
public sealed record Letter(string To, string Subject, string Text);
