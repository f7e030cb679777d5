using FluentValidation;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Requests;

namespace GpuGrants.Api.Codes;

/// <summary>One-time codes to mint. Each stands for the same grant.</summary>
public sealed record CodeBatchBody
{
    /// <summary>What the batch is called, such as a class or a hackathon. Printed with each code.</summary>
    public string? Name { get; init; }

    /// <summary>The offer on which the grants are.</summary>
    public Guid? OfferId { get; init; }

    /// <summary>How many codes.</summary>
    public int? Count { get; init; }

    /// <summary>GPU-hours of each code, in steps of 0.01.</summary>
    public decimal? GpuHours { get; init; }

    /// <summary>GPUs to use at once; 1 when left out.</summary>
    public int? Gpus { get; init; }

    /// <summary>Days from the redemption to the grant's expiry; 30 when left out.</summary>
    public int? DurationDays { get; init; }

    /// <summary>When codes that nobody redeemed expire, and what they reserved returns.</summary>
    public DateTimeOffset? RedeemBy { get; init; }

    /// <summary>What requests that redeem a code say they are for; the name when left out.</summary>
    public string? Purpose { get; init; }

    /// <summary>Lower-case words that quota rules may name. Requests that redeem a code have them.</summary>
    public string[]? Tags { get; init; }

    /// <summary>An https address to which the picture of a printed code leads, with the code behind a #.</summary>
    public string? Link { get; init; }
}

/// <summary>What the fields of a batch need.</summary>
internal sealed class CodeBatchValidator : AbstractValidator<CodeBatchBody>
{
    public const int MaxCount = 5_000;

    private const int MaxWords = 20;
    private const int MaxLink = 200;
    private const string LinkPattern = "^https://[^#\\s]+$";

    private static readonly TimeSpan Horizon = TimeSpan.FromDays(366);

    public CodeBatchValidator(DateTimeOffset now)
    {
        RuleFor(body => body.Name).Name(200);
        RuleFor(body => body.OfferId).NotNull().WithMessage("Name the offer.");
        RuleFor(body => body.Count)
            .Bound(
                new Bounds
                {
                    IsRequired = true,
                    Min = 1,
                    Max = MaxCount,
                },
                count => count is >= 1 and <= MaxCount
            )
            .WithMessage("State 1 to 5,000 codes.");
        RuleFor(body => body.GpuHours).GpuHours().WithMessage(AskBounds.Time);
        RuleFor(body => body.Gpus).Between(1, 1_024).WithMessage("State 1 to 1,024 GPUs.");
        RuleFor(body => body.DurationDays).Between(1, 730).WithMessage("State 1 to 730 days.");
        RuleFor(body => body.RedeemBy)
            .Must(moment => moment > now && moment < now + Horizon)
            .WithMessage("State a moment from now to a year ahead.");
        RuleFor(body => body.Purpose).Text(2_000, required: false);
        RuleFor(body => body.Tags)
            .Slugs(MaxWords)
            .WithMessage("State at most 20 different lower-case words of letters, digits and hyphens.");
        RuleFor(body => body.Link)
            .Bound(new Bounds { MaxLength = MaxLink, Pattern = LinkPattern }, IsLink)
            .WithMessage("State an https address of at most 200 characters without a #.");
    }

    private static bool IsLink(string? text) =>
        text is null
        || (
            text.Length <= MaxLink
            && !text.Contains('#', StringComparison.Ordinal)
            && !text.Any(char.IsWhiteSpace)
            && Rules.IsPrintable(text)
            && text.StartsWith("https://", StringComparison.Ordinal)
            && Uri.TryCreate(text, UriKind.Absolute, out var address)
            && address is { Scheme: "https", UserInfo: "" }
        );
}
