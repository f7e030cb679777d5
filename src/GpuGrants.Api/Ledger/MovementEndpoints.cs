using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Offers;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Programmes;
using GpuGrants.Api.Store;
using GpuGrants.Ledger;
using GpuGrants.Units;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Ledger;

/// <summary>Credits for a programme.</summary>
public sealed record FundBody
{
    public decimal? Credits { get; init; }

    /// <summary>The programme whose budget pays; a sponsor's new credits when left out.</summary>
    public Guid? FromProgrammeId { get; init; }

    /// <summary>Why, for the audit trail.</summary>
    public string? Reason { get; init; }
}

/// <summary>Credits that leave a programme for good.</summary>
public sealed record WriteOffBody
{
    public decimal? Credits { get; init; }

    /// <summary>Why, for the audit trail.</summary>
    public string? Reason { get; init; }
}

/// <summary>Moving credits between programmes.</summary>
public static class MovementEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/programmes/{id:guid}/fund", FundAsync).RequireScope(Scopes.Administer).Takes<FundBody>().Idempotent()
            .Says("fundProgramme", "Fund a programme", "A sponsor's new credits, entered by platform administrators, or credits of another programme of the tree that the caller administers.").Answers<TransferView>(201).Refuses(404, 409);
        v1.MapPost("/programmes/{id:guid}/write-off", WriteOffAsync).RequireScope(Scopes.Administer).Takes<WriteOffBody>().Idempotent()
            .Says("writeOff", "Write credits off", "Moves credits from the programme's budget to breakage.").Answers<TransferView>(201).Refuses(404, 409);
    }

    private static async Task<IResult> FundAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var programme = await ProgrammeEndpoints.FindAsync(http, db, id);
        var body = await http.BodyAsync(new FundValidator());
        Programme? from = null;
        if (body.FromProgrammeId is { } fromId)
        {
            from = await db.Set<Programme>().AsNoTracking().FirstOrDefaultAsync(row => row.Id == fromId, http.RequestAborted) ?? throw Problem.Invalid("fromProgrammeId", "There is no such programme.");
            if (from.RootProgrammeId != programme.RootProgrammeId) throw Problem.Invalid("fromProgrammeId", "Credits move inside one tree; a tree has its own ledger.");
            if (from.BudgetProgrammeId == programme.BudgetProgrammeId) throw Problem.Invalid("fromProgrammeId", "Both programmes spend the same budget.");
            if (!http.Caller().Administers(from.Path)) throw Problem.Forbidden("Only administrators of the paying programme move its credits.");
        }
        else
        {
            CatalogueEndpoints.PlatformAdministrator(http);
        }

        if (programme.BudgetProgrammeId != id) throw Problem.Invalid("id", "The programme has no budget of its own; fund the one whose budget it spends.");
        if (programme.Status == "ended") throw new ProblemException(Problem.Document(409, "programme-ended", "The programme has ended."));
        var (kind, owner) = from is null ? (AccountKind.Issuance, programme.RootProgrammeId) : (AccountKind.Budget, from.BudgetProgrammeId);
        return await MoveAsync(http, programme, kind, owner, AccountKind.Budget, id, body.Credits!.Value, TransferReasons.Fund, body.Reason!);
    }

    private static async Task<IResult> WriteOffAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var programme = await ProgrammeEndpoints.AdministeredAsync(http, db, id);
        var body = await http.BodyAsync(new WriteOffValidator());
        return await MoveAsync(http, programme, AccountKind.Budget, programme.BudgetProgrammeId, AccountKind.Breakage, programme.RootProgrammeId, body.Credits!.Value, TransferReasons.WriteOff, body.Reason!);
    }

    private static Task<IResult> MoveAsync(HttpContext http, Programme programme, AccountKind fromKind, Guid from, AccountKind toKind, Guid to, decimal amount, string reason, string note)
    {
        Credits.TryFromCredits(amount, out var credits);
        var root = programme.RootProgrammeId;
        return http.RunAsync(new Change
        {
            Tree = root,
            Actor = http.Actor(),
            IdempotencyKey = http.IdempotencyKey(),
            Planning = workspace =>
            {
                workspace.Tree(root).WantAccount(AccountIds.Of(fromKind, LedgerUnit.Credit, from));
                workspace.Tree(root).WantAccount(AccountIds.Of(toKind, LedgerUnit.Credit, to));
            },
            Deciding = workspace =>
            {
                var tree = workspace.Tree(root);
                var actor = http.Actor();
                var order = TransferOrder.Posted(Guid.CreateVersion7(tree.At), tree.AccountOf(fromKind, LedgerUnit.Credit, from), tree.AccountOf(toKind, LedgerUnit.Credit, to), credits.Units, reason,
                    new TransferContext(ProgrammeId: programme.Id, ActorId: actor.PrincipalId, ClientId: actor.ClientId), note);
                if (!tree.TryPost([order], out var refusal)) return Problem.Of(refusal);
                var recorded = tree.Transfers[^1];
                workspace.Happened(root, actor, "ledger." + reason.Replace('_', '-'), "transfer", order.Id.ToString(), null, ApiJson.WriteText(new { transferId = order.Id, programmeId = programme.Id, credits = amount, note }), programme.Livemode);
                return Answers.Created($"/v1/transfers/{order.Id}", new TransferView
                {
                    Id = recorded.Id,
                    RootProgrammeId = root,
                    Sequence = recorded.Sequence,
                    Kind = recorded.Kind.Code(),
                    DebitAccountId = recorded.DebitAccountId,
                    CreditAccountId = recorded.CreditAccountId,
                    Unit = recorded.Unit.Code,
                    Amount = amount,
                    Reason = recorded.Reason,
                    Note = note,
                    ProgrammeId = programme.Id,
                    ActorId = actor.PrincipalId,
                    ClientId = actor.ClientId,
                    CreatedAt = recorded.CreatedAt,
                });
            },
        });
    }

    private static bool IsAmount(decimal? credits) => credits is { } value && Credits.TryFromCredits(value, out var amount) && !amount.IsZero;

    private const string AmountRule = "State credits above 0 and up to 100,000,000,000 with at most three decimals.";

    private sealed class FundValidator : AbstractValidator<FundBody>
    {
        public FundValidator()
        {
            RuleFor(body => body.Credits).Must(IsAmount).WithMessage(AmountRule);
            RuleFor(body => body.Reason).Text(2_000);
        }
    }

    private sealed class WriteOffValidator : AbstractValidator<WriteOffBody>
    {
        public WriteOffValidator()
        {
            RuleFor(body => body.Credits).Must(IsAmount).WithMessage(AmountRule);
            RuleFor(body => body.Reason).Text(2_000);
        }
    }
}
