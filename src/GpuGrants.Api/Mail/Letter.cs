namespace GpuGrants.Api.Mail;

/// <summary>What a mail says.</summary>
/// <param name="To">The recipient's address.</param>
/// <param name="Subject">One line, without anything personal.</param>
/// <param name="Text">Paragraphs, with empty lines between them. The HTML form is made of it.</param>
/// <param name="Language">en or ko.</param>
/// <param name="Unsubscribe">Where one POST ends mail of this kind; null for mail that is always sent.</param>
public sealed record Letter(string To, string Subject, string Text, string Language = "en", string? Unsubscribe = null);
