using FluentValidation;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Units;

namespace GpuGrants.Api.Ledger.Transfers;

/// <summary>Transfers of one tree, each under an id that the client chose.</summary>
public sealed record TransfersBody
{
    /// <summary>The root programme of the tree whose ledger it is.</summary>
    public Guid? RootProgrammeId { get; init; }

    /// <summary>1 to 100 transfers. The service tries them in this order, each on its own unless it is linked.</summary>
    public TransferItemBody[]? Transfers { get; init; }
}

/// <summary>One transfer by hand.</summary>
public sealed record TransferItemBody
{
    /// <summary>A UUIDv7 that the client made. Sent again, it answers as the first time and moves nothing twice.</summary>
    public Guid? Id { get; init; }

    /// <summary>
    /// posted moves at once. pending holds until it is ended or expires. post ends a hold by moving all or a part of it. void ends a hold
    /// and moves nothing. correct moves back what an earlier transfer moved.
    /// </summary>
    public string? Kind { get; init; }

    /// <summary>The account that loses. A post or void takes it from its hold, and a correction from the corrected transfer.</summary>
    public Guid? DebitAccountId { get; init; }

    /// <summary>The account that gains. Leave it out where debitAccountId is left out.</summary>
    public Guid? CreditAccountId { get; init; }

    /// <summary>Credits, with at most three decimals. A post without it moves the whole hold; a void needs none.</summary>
    public decimal? Amount { get; init; }

    /// <summary>The pending transfer that a post or void ends.</summary>
    public Guid? PendingId { get; init; }

    /// <summary>From when on a pending transfer can no longer be posted; at most 366 days ahead.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The earlier transfer that a correction moves back, in whole or in part.</summary>
    public Guid? CorrectsId { get; init; }

    /// <summary>true links it to the next transfer of the list: a chain of linked transfers happens as a whole or not at all.</summary>
    public bool? Linked { get; init; }

    /// <summary>A lower-case word, such as payout: letters, digits and hyphens, at most 64.</summary>
    public string? Reason { get; init; }

    /// <summary>Why, in a few words, for the record.</summary>
    public string? Note { get; init; }
}

/// <summary>What can be checked without reading the ledger.</summary>
internal sealed class TransfersValidator : AbstractValidator<TransfersBody>
{
    public const int MaxTransfers = 100;

    public TransfersValidator()
    {
        RuleFor(body => body.RootProgrammeId).NotNull().WithMessage("Name the root programme of the tree whose ledger it is.");
        RuleFor(body => body.Transfers)
            .Bound(
                new Bounds
                {
                    IsRequired = true,
                    MinItems = 1,
                    MaxItems = MaxTransfers,
                },
                all => all is { Length: >= 1 and <= MaxTransfers }
            )
            .WithMessage($"State 1 to {MaxTransfers} transfers.");
        RuleFor(body => body.Transfers).Must(HaveOwnIds).WithMessage("Each transfer has an id of its own.");
        RuleFor(body => body.Transfers)
            .Must(all => all is not { Length: > 0 } || all[^1]?.Linked != true)
            .WithMessage("The last transfer cannot be linked: no transfer follows it.");
        RuleForEach(body => body.Transfers).NotNull().WithMessage("A transfer is an object.").SetValidator(new ItemValidator());
    }

    private static bool HaveOwnIds(TransferItemBody?[]? all) =>
        all is null
        || all.Where(one => one?.Id is not null).Select(one => one!.Id).Distinct().Count() == all.Count(one => one?.Id is not null);

    private sealed class ItemValidator : AbstractValidator<TransferItemBody>
    {
        private static readonly string[] Kinds = ["posted", "pending", "post", "void", "correct"];

        public ItemValidator()
        {
            RuleFor(item => item.Id)
                .Bound(new Bounds { IsRequired = true }, id => id is { Version: 7, Variant: >= 8 and <= 11 })
                .WithMessage("State an id of your own, a UUIDv7 (RFC 9562). Its month says where the transfer is stored.");
            RuleFor(item => item.Kind).OneOf(Kinds);
            RuleFor(item => item.Amount)
                .Must((item, amount) => amount is null ? item.Kind is "post" or "void" : IsAmount(amount.Value))
                .WithMessage("State credits above 0 and up to 100,000,000,000 with at most three decimals.");
            RuleFor(item => item.DebitAccountId)
                .Must((item, id) => id is not null || !Moves(item))
                .WithMessage("Name the account that loses.");
            RuleFor(item => item.CreditAccountId)
                .Must((item, id) => id is not null || !Moves(item))
                .WithMessage("Name the account that gains.");
            OnlyFor(item => item.PendingId, "Name the pending transfer to end; other kinds leave it out.", "post", "void");
            OnlyFor(item => item.ExpiresAt, "State until when the credits are held; other kinds than pending leave it out.", "pending");
            OnlyFor(item => item.CorrectsId, "Name the transfer to correct; other kinds leave it out.", "correct");
            RuleFor(item => item.Reason)
                .Must(reason => TransferReasons.IsValid(reason) && !TransferReasons.IsOfService(reason!))
                .WithMessage(
                    "State a lower-case word of letters, digits and hyphens, at most 64 characters, that is none of the "
                        + "service's own, such as award or expired."
                );
            RuleFor(item => item.Note).Text(2_000, required: false);
        }

        private static bool Moves(TransferItemBody item) => item.Kind is "posted" or "pending";

        private static bool IsAmount(decimal value) => Credits.TryFromCredits(value, out var amount) && !amount.IsZero;

        private void OnlyFor<TValue>(
            System.Linq.Expressions.Expression<Func<TransferItemBody, TValue?>> field,
            string message,
            params string[] kinds
        )
            where TValue : struct =>
            RuleFor(field).Must((item, value) => value is not null == kinds.Contains(item.Kind)).WithMessage(message);
    }
}
