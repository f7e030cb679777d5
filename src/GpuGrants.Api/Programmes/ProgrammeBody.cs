using FluentValidation;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Calendars;
using GpuGrants.Offers;
using GpuGrants.People;
using GpuGrants.Requests;

namespace GpuGrants.Api.Programmes;

/// <summary>A new programme, or a change, which keeps what it leaves out.</summary>
public sealed record ProgrammeBody : IOwnNames
{
    public string? Name { get; init; }

    [MayBeEmpty]
    public string? Description { get; init; }

    /// <summary>Who pays.</summary>
    [MayBeEmpty]
    public string? Sponsor { get; init; }

    /// <summary>The programme above; leave it out for a root programme. Cannot change.</summary>
    public Guid? ParentId { get; init; }

    /// <summary>False when it spends the budget of the programme above. Cannot change.</summary>
    public bool? OwnBudget { get; init; }

    /// <summary>An IANA name, such as Asia/Seoul: calendar quotas follow it.</summary>
    public string? TimeZone { get; init; }

    /// <summary>The moment from which it takes requests; at once, or with the programme above, when left out.</summary>
    public DateTimeOffset? StartsAt { get; init; }

    /// <summary>When it ends, not included; with the programme above when left out.</summary>
    [MayBeEmpty]
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>Kinds of organizations that may ask; all that the programme above admits when empty.</summary>
    [MayBeEmpty]
    public string[]? EligibleKinds { get; init; }

    /// <summary>Countries (ISO 3166-1 alpha-2) whose organizations may ask; all that the programme above admits when empty.</summary>
    [MayBeEmpty]
    public string[]? EligibleCountries { get; init; }

    /// <summary>
    /// Verified email domains whose organizations may ask, subdomains with them; all that the programme above admits when empty.
    /// </summary>
    [MayBeEmpty]
    public string[]? EligibleEmailDomains { get; init; }

    /// <summary>
    /// What has to be proved of organizations that ask: email, domain or identity. Email, or more as the programme above says, when left
    /// out.
    /// </summary>
    public string? RequiredVerification { get; init; }

    /// <summary>
    /// nothing, or confirmation: minors then need that of a guardian or a school. As the programme above says when left out.
    /// </summary>
    public string? MinorsNeed { get; init; }

    /// <summary>Whether who renews a grant reports how the one before it went. True of a programme above counts for all below it.</summary>
    public bool? RenewalsNeedReport { get; init; }

    /// <summary>Hours that a request may wait for a person; 168, or fewer as the programme above says, when left out.</summary>
    public int? ReviewHoldHours { get; init; }

    /// <summary>The longest grant in days; 90, or fewer as the programme above says, when left out.</summary>
    public int? MaxGrantDays { get; init; }

    /// <summary>
    /// GPU-hours that are added to a grant when more is used than was granted, in all. Budget, offer and quotas have to allow it. None
    /// when left out.
    /// </summary>
    [MayBeEmpty]
    public decimal? GraceGpuHours { get; init; }

    /// <summary>Uncharged GPU-hours above which a grant is suspended; never when left out.</summary>
    [MayBeEmpty]
    public decimal? SuspendAfterGpuHours { get; init; }

    /// <summary>Uncharged GPU-hours above which a grant is revoked; never when left out.</summary>
    [MayBeEmpty]
    public decimal? RevokeAfterGpuHours { get; init; }

    /// <summary>
    /// public: everybody reads it and its offers, also without a token. private: only its people, its providers, and the organizations that
    /// asked there. That of the programme above when left out; below a private one, everything is private.
    /// </summary>
    public string? Visibility { get; init; }

    /// <summary>
    /// cheapest: the lowest rate first. fair: the provider first of whose GPU-hours the smallest part is promised. That of the programme
    /// above, or cheapest, when left out.
    /// </summary>
    public string? Matching { get; init; }

    /// <summary>Your own name for it, by which lists find it. It does not have to be unique.</summary>
    [MayBeEmpty]
    public string? ExternalId { get; init; }

    /// <summary>Your own notes on it: at most 20 short texts under names of yours. In a change, null removes a note.</summary>
    [MayBeEmpty]
    public Dictionary<string, string?>? Metadata { get; init; }

    /// <summary>False for a test programme. Cannot change.</summary>
    public bool? Livemode { get; init; }

    /// <summary>active or suspended; only for a change.</summary>
    public string? Status { get; init; }
}

/// <summary>What a programme's fields need.</summary>
internal sealed class ProgrammeValidator : AbstractValidator<ProgrammeBody>
{
    private const int MaxListed = 300;
    private const string BoundRule = "State GPU-hours from 0 to 100,000,000 in steps of 0.01.";

    public ProgrammeValidator(bool isNew)
    {
        RuleFor(body => body.Name).Name(200, required: isNew);
        RuleFor(body => body.Description).Text(4_000, required: false);
        RuleFor(body => body.Sponsor).Text(200, required: false);
        RuleFor(body => body.TimeZone)
            .Must(zone => zone is null ? !isNew : zone.Length <= 100 && CalendarWindows.Knows(zone))
            .WithMessage("State a name of the IANA time zone database, such as Asia/Seoul.");
        RuleFor(body => body.EndsAt)
            .Must((body, end) => end is null || body.StartsAt is null || end > body.StartsAt)
            .WithMessage("State an end after the start.");
        RuleFor(body => body.EligibleKinds).KindList();
        RuleFor(body => body.EligibleCountries).CountryList(MaxListed);
        RuleFor(body => body.EligibleEmailDomains)
            .Bound(
                new Bounds
                {
                    MaxItems = MaxListed,
                    Items = new Bounds { MinLength = 3, MaxLength = 253 },
                },
                domains =>
                    domains is null
                    || (
                        domains.Length <= MaxListed
                        && domains.All(domain => domain is { Length: > 2 and <= 253 } && DomainName.IsSuffix(domain))
                    )
            )
            .WithMessage("State lower-case domains, such as ac.kr.");
        RuleFor(body => body.RequiredVerification).OneOf(ProgrammeView.VerificationWords, required: false);
        RuleFor(body => body.MinorsNeed).OneOf(Words.All<MinorsNeed>(), required: false);
        RuleFor(body => body.ReviewHoldHours).Between(1, 2_160).WithMessage("State 1 to 2,160 hours.");
        RuleFor(body => body.MaxGrantDays).Between(1, 730).WithMessage("State 1 to 730 days.");
        RuleFor(body => body.GraceGpuHours)
            .GpuHours(required: false)
            .WithMessage("State GPU-hours above 0 and up to 100,000,000 in steps of 0.01.");
        RuleFor(body => body.SuspendAfterGpuHours).GpuHours(required: false, zero: true).WithMessage(BoundRule);
        RuleFor(body => body.RevokeAfterGpuHours).GpuHours(required: false, zero: true).WithMessage(BoundRule);
        RuleFor(body => body.Visibility).OneOf(ProgrammeVisibility.All, required: false);
        RuleFor(body => body.Matching).OneOf(Words.All<MatchingPolicy>(), required: false);
        RuleFor(body => body.Status).OneOf(["active", "suspended"], required: false);
        this.HasOwnNames(isNew);
        if (isNew)
        {
            RuleFor(body => body.Status).Null().WithMessage("Leave the status out: a new programme is active.");
            return;
        }

        RuleFor(body => body.ParentId).Null().WithMessage("A programme cannot move to another parent.");
        RuleFor(body => body.OwnBudget).Null().WithMessage("A programme keeps its own budget, or its parent's.");
        RuleFor(body => body.Livemode).Null().WithMessage("A live programme stays live, and a test programme stays a test.");
    }
}
