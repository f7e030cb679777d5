using System.ComponentModel.DataAnnotations;
using GpuGrants.Calendars;

namespace GpuGrants.Api.Mail;

/// <summary>How mail is sent. Configuration section <c>Mail</c>. Without a host and a folder nothing can be mailed.</summary>
public sealed class MailOptions : IValidatableObject
{
    /// <summary>The SMTP server; null for none.</summary>
    public string? Host { get; set; }

    [Range(1, 65_535)]
    public int Port { get; set; } = 587;

    /// <summary>
    /// Whether the connection has to be encrypted: from its start at port 465, by STARTTLS at any other. A server that offers no
    /// encryption then gets no mail. Turn it off only for a server on the same machine.
    /// </summary>
    public bool Tls { get; set; } = true;

    public string? User { get; set; }

    public string? Password { get; set; }

    /// <summary>A file with the password, such as a mounted secret; it wins over <see cref="Password"/>.</summary>
    public string? PasswordFile { get; set; }

    /// <summary>The sender's address.</summary>
    [Required]
    [EmailAddress]
    public string From { get; set; } = "gpugrants@localhost.localdomain";

    /// <summary>In place of a server: a folder that gets each mail as a file.</summary>
    public string? Folder { get; set; }

    /// <summary>The most mails that may wait to be sent.</summary>
    [Range(1, 1_000_000)]
    public int MaxWaiting { get; set; } = 10_000;

    /// <summary>Seconds between two looks for mail whose next try is due; 0 on a replica that leaves mail to others.</summary>
    [Range(0, 3_600)]
    public int PeriodSeconds { get; set; } = 15;

    /// <summary>The time zone of daily digests, by its IANA name.</summary>
    [Required]
    public string TimeZone { get; set; } = "UTC";

    /// <summary>The hour of that zone's clock from which a day's digest is sent.</summary>
    [Range(0, 23)]
    public int DigestHour { get; set; } = 8;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        CalendarWindows.Knows(TimeZone)
            ? []
            : [new ValidationResult($"There is no time zone '{TimeZone}'. State one such as Asia/Seoul.", [nameof(TimeZone)])];

    /// <summary>Whether this replica sends what waits and tells people what happened.</summary>
    public bool Sends => PeriodSeconds > 0;

    /// <summary>Whether mail can be sent at all.</summary>
    public bool IsSet => Host is { Length: > 0 } || Folder is { Length: > 0 };
}
