using System.Text.Json.Serialization;
using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Wording;
using GpuGrants.People;

namespace GpuGrants.Api.People.Domains;

/// <summary>A domain to prove.</summary>
public sealed record DomainProofBody
{
    /// <summary>The domain, such as hangang.example. No public mail service, and no suffix below which anybody registers.</summary>
    public string? Domain { get; init; }

    /// <summary>An address at the domain to mail a code to. A DNS record shows the domain when it is left out.</summary>
    public string? Email { get; init; }
}

/// <summary>A check of a proof.</summary>
public sealed record DomainCheckBody
{
    /// <summary>The eight digits of the mail, where a code was mailed.</summary>
    public string? Code { get; init; }
}

/// <summary>A TXT record to set.</summary>
/// <param name="Name">The record's whole name.</param>
/// <param name="Value">Its text.</param>
public sealed record DnsRecordView(string Name, string Value);

/// <summary>An organization's attempt to prove a domain.</summary>
public sealed record DomainProofView
{
    public required Guid Id { get; init; }

    public required Guid OrganizationId { get; init; }

    /// <summary>In lower-case ASCII.</summary>
    public required string Domain { get; init; }

    /// <summary>dns or email: a record that is set, or a code that was mailed.</summary>
    public required string Method { get; init; }

    /// <summary>The TXT record to set; only while the proof is open.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DnsRecordView? Record { get; init; }

    /// <summary>open, proved, expired, or locked after five wrong codes.</summary>
    public required string Status { get; init; }

    /// <summary>The verification that it made.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? VerificationId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The next call, in words; only while the proof is open.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Next { get; init; }

    /// <param name="row">The proof.</param>
    /// <param name="at">The moment at which it is shown.</param>
    /// <param name="key">Makes what the record has to say.</param>
    /// <param name="language">Of what to do next.</param>
    internal static DomainProofView Of(DomainProof row, DateTimeOffset at, IdentityKey key, string language)
    {
        var status = row.StatusAt(at);
        var (isOpen, isDns) = (status == DomainProofStatus.Open, row.Method == DomainProof.Dns);
        var check = $"POST /v1/organizations/{row.OrganizationId}/domain-proofs/{row.Id}/check";
        return new DomainProofView
        {
            Id = row.Id,
            OrganizationId = row.OrganizationId,
            Domain = row.Domain,
            Method = row.Method,
            Record = isOpen && isDns ? new DnsRecordView(row.RecordName, ValueOf(row, key)) : null,
            Status = status,
            VerificationId = row.VerificationId,
            CreatedAt = row.CreatedAt,
            ExpiresAt = row.ExpiresAt,
            Next = isOpen
                ? Korean.In(
                    language,
                    isDns
                        ? $"Set the TXT record, and have the service look for it: {check}. Keep the record until then."
                        : $"Read the code in the mail and send it: {check}."
                )
                : null,
        };
    }

    /// <summary>What the record has to say. It is computed whenever it is needed.</summary>
    internal static string ValueOf(DomainProof row, IdentityKey key) =>
        $"gpugrants-verification={key.Of("domain-proof", $"{row.Id:N}:{row.OrganizationId:N}:{row.Domain}")}";
}

/// <summary>What a new proof needs.</summary>
internal sealed class DomainProofValidator : AbstractValidator<DomainProofBody>
{
    public DomainProofValidator(IReadOnlyCollection<string> mailServices)
    {
        RuleFor(body => body.Domain)
            .Bound(
                new Bounds
                {
                    IsRequired = true,
                    MinLength = 3,
                    MaxLength = ProvableDomain.MaxLength,
                },
                text => ProvableDomain.Check(DomainName.Parse(text), mailServices) == DomainFault.None
            )
            .WithMessage((_, text) => Advice(ProvableDomain.Check(DomainName.Parse(text), mailServices)));
        RuleFor(body => body.Email).Email(required: false);
        RuleFor(body => body.Email)
            .Must((body, email) => EmailAddress.Parse(email)?.Domain == DomainName.Parse(body.Domain))
            .WithMessage("State an address at the domain itself, or leave it out and set a DNS record.")
            .When(body => EmailAddress.Parse(body.Email) is not null);
    }

    private static string Advice(DomainFault fault) =>
        fault switch
        {
            DomainFault.PublicSuffix => "Anybody registers domains below this one. State the domain of your organization.",
            DomainFault.MailService => "Anybody gets an address at this mail service. State the domain of your organization.",
            _ => $"State a domain of at most {ProvableDomain.MaxLength} characters, such as hangang.example.",
        };
}

/// <summary>What a check needs.</summary>
internal sealed class DomainCheckValidator : AbstractValidator<DomainCheckBody>
{
    public DomainCheckValidator() => RuleFor(body => body.Code).Code(required: false);
}
