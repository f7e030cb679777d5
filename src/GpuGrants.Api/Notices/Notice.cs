namespace GpuGrants.Api.Notices;

/// <summary>Who gets a notice.</summary>
/// <param name="PersonId">The person.</param>
/// <param name="Email">The proved address.</param>
/// <param name="Language">en or ko.</param>
internal sealed record Reader(Guid PersonId, string Email, string Language);

/// <summary>What somebody is told.</summary>
/// <param name="To">Who.</param>
/// <param name="Kind">One of <see cref="Mail.MailKinds.Notices"/>.</param>
/// <param name="Source">What it tells of. A person gets one mail of it.</param>
/// <param name="Words">Subject and text.</param>
internal sealed record Notice(Reader To, string Kind, string Source, NoticeWords Words);

/// <summary>Subject and text in one language.</summary>
/// <param name="Subject">Names nobody and nothing.</param>
/// <param name="Text">Paragraphs, with empty lines between them.</param>
internal sealed record NoticeWords(string Subject, string Text);
