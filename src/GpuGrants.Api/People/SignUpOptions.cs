using System.ComponentModel.DataAnnotations;

namespace GpuGrants.Api.People;

/// <summary>Who may sign up, and how often. Configuration section <c>SignUp</c>.</summary>
public sealed class SignUpOptions
{
    public const string Open = "open";
    public const string Invitation = "invitation";
    public const string Closed = "closed";

    /// <summary>
    /// open for everybody, invitation for those whom somebody invited, closed for nobody. It is closed anyway without a way to send mail.
    /// </summary>
    [RegularExpression("open|invitation|closed", ErrorMessage = "State open, invitation or closed.")]
    public string Mode { get; set; } = Open;

    /// <summary>Calls that may come from one remote address in an hour, on one replica; 0 for no limit.</summary>
    [Range(0, 10_000_000)]
    public int CallsPerAddress { get; set; } = 60;

    /// <summary>
    /// Codes that one caller has mailed to one e-mail address in an hour, by all replicas together; 0 for no limit. Callers are people,
    /// and the networks of strangers.
    /// </summary>
    [Range(0, 10_000)]
    public int CodesPerEmail { get; set; } = 5;

    /// <summary>Codes that all callers have mailed to one e-mail address in an hour, by all replicas together; 0 for no limit.</summary>
    [Range(0, 100_000)]
    public int CodesPerEmailInAll { get; set; } = 25;

    /// <summary>
    /// Codes that one caller has mailed to addresses of one domain in an hour for one purpose, by all replicas together; 0 for no limit.
    /// Mail services have none.
    /// </summary>
    [Range(0, 10_000_000)]
    public int CodesPerDomain { get; set; } = 500;

    /// <summary>
    /// New people with addresses of one domain who confirm their sign-up in an hour, by all replicas together; 0 for no limit. Mail
    /// services have none.
    /// </summary>
    [Range(0, 10_000_000)]
    public int SignUpsPerDomain { get; set; } = 500;
}
