using System.Net;
using FluentValidation;
using GpuGrants.Api.Feed;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.People;

namespace GpuGrants.Api.Webhooks.Managing;

/// <summary>A new endpoint, or a change, which keeps what it leaves out. Owner and format stay as they were made.</summary>
public sealed record WebhookEndpointBody
{
    /// <summary>organization, programme, provider, partner or platform.</summary>
    public string? OwnerKind { get; init; }

    /// <summary>The id of that resource; left out for the platform.</summary>
    public Guid? OwnerId { get; init; }

    /// <summary>An absolute https address without user and fragment.</summary>
    /// <example>https://example.org/webhooks</example>
    public string? Url { get; init; }

    /// <summary>What it is for.</summary>
    [MayBeEmpty]
    public string? Description { get; init; }

    /// <summary>Types of events, such as request.approved or grant.*; all when empty.</summary>
    /// <example>["request.approved"]</example>
    public string[]? Types { get; init; }

    /// <summary>standard (the default) or cloudevents.</summary>
    public string? Format { get; init; }

    /// <summary>active or disabled; only for a change.</summary>
    public string? Status { get; init; }
}

/// <summary>What to send again: one delivery, or everything since a moment.</summary>
public sealed record RedeliverBody
{
    /// <summary>A delivery of this endpoint, whose event is sent again.</summary>
    public Guid? DeliveryId { get; init; }

    /// <summary>Everything that happened from this moment on is sent again.</summary>
    public DateTimeOffset? Since { get; init; }
}

internal sealed class WebhookEndpointValidator : AbstractValidator<WebhookEndpointBody>
{
    private const int MaxTypes = 100;
    private const int MaxUrl = 2_000;

    public WebhookEndpointValidator(bool isNew, bool allowsHttp)
    {
        RuleFor(body => body.OwnerKind).OneOf(WebhookOwners.Kinds, required: isNew);
        RuleFor(body => body.OwnerId)
            .Must((body, id) => body.OwnerKind is null || (id is null) == (body.OwnerKind == WebhookOwners.Platform))
            .WithMessage("State the owner's id; leave it out for the platform.");
        RuleFor(body => body.Url)
            .Bound(
                new Bounds
                {
                    IsRequired = isNew,
                    MinLength = 1,
                    MaxLength = MaxUrl,
                },
                url => url is null ? !isNew : VisibleText.Length(url) <= MaxUrl && Rules.IsPrintable(url) && IsAddress(url, allowsHttp)
            )
            .WithMessage("State an absolute https address, without user and fragment.");
        RuleFor(body => body.Description).Text(200, required: false);
        RuleFor(body => body.Types)
            .Must(types =>
                types is null || (types.Length <= MaxTypes && types.All(one => one is not null && FeedQuery.Matching(one).Count > 0))
            )
            .WithMessage($"State at most {MaxTypes} types of events, such as request.approved or grant.*. docs/events.md lists them.");
        RuleFor(body => body.Format).OneOf(["standard", "cloudevents"], required: false);
        RuleFor(body => body.Status).OneOf(["active", "disabled"], required: false);
    }

    private static bool IsAddress(string text, bool allowsHttp) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttps || (allowsHttp && url.Scheme == Uri.UriSchemeHttp))
        && url.UserInfo.Length == 0
        && url.Fragment.Length == 0
        && url.Host.Length > 0
        && HasAsciiForm(url)
        && (IPAddress.TryParse(url.Host.Trim('[', ']'), out _) || url.Host.Contains('.', StringComparison.Ordinal));

    /// <summary>Whether the host can be looked up. A label of other scripts may be too long, or have a slash, once it is ASCII.</summary>
    private static bool HasAsciiForm(Uri url)
    {
        try
        {
            return url.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6
                || Uri.CheckHostName(url.IdnHost) == UriHostNameType.Dns;
        }
        catch (UriFormatException)
        {
            return false;
        }
    }
}

internal sealed class RedeliverValidator : AbstractValidator<RedeliverBody>
{
    public RedeliverValidator(DateTimeOffset now)
    {
        RuleFor(body => body.DeliveryId)
            .Must((body, id) => (id is null) != (body.Since is null))
            .WithMessage("State either a delivery or the moment since which to send again.");
        RuleFor(body => body.Since).Must(since => since is null || since <= now).WithMessage("State a moment that has passed.");
    }
}
