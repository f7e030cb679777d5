using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Requests.Lifecycle;
using GpuGrants.Api.Requests.Rulings;
using GpuGrants.Api.Store;
using GpuGrants.Units;

namespace GpuGrants.Api.Codes;

/// <summary>
/// Redeems a code: a request for what the batch says, decided by the same rules as any other, with what the batch reserved for the code.
/// A denial is recorded and spends nothing.
/// </summary>
internal sealed class RedeemCode : Command<RedeemedCode>
{
    public required Guid BatchId { get; init; }

    public required int Number { get; init; }

    /// <summary>The request. It is never submitted by itself: this command rules and records it.</summary>
    public required SubmitRequest Ask { get; init; }

    /// <summary>What a code of the batch asks for.</summary>
    public static RequestDraft DraftOf(CodeBatch batch) =>
        new()
        {
            OfferId = batch.OfferId,
            Time = batch.Time,
            Gpus = batch.Gpus,
            GpuModels = [batch.GpuModelId],
            Purpose = batch.Purpose,
            Tags = batch.Tags,
            Duration = TimeSpan.FromSeconds(batch.DurationSeconds),
        };

    public override void PlanAhead(BatchState batch)
    {
        Ask.PlanAhead(batch);
        batch.Rows<CodeBatch>().Want(new RowKey(Tree.Value, BatchId));
        batch.Rows<CodeRow>().Want(new RowKey(Tree.Value, BatchId, Number: Number));
        batch.Rows<CodeRedemption>().Want(new RowKey(Tree.Value, BatchId, Actor.Person));
    }

    public override void Plan(BatchState batch)
    {
        PlanAhead(batch);
        Ask.Plan(batch);
        if (batch.Rows<CodeBatch>().TryRead(new RowKey(Tree.Value, BatchId), out var row) && row is not null)
            CodeAmounts.Plan(batch.Tree(Tree), row);
    }

    public override Outcome<RedeemedCode> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        var row = batch.Rows<CodeBatch>().Find(new RowKey(Tree.Value, BatchId))!;
        var code = batch.Rows<CodeRow>().Find(new RowKey(Tree.Value, BatchId, Number: Number))!;
        var own = batch.Rows<CodeRedemption>().Find(new RowKey(Tree.Value, BatchId, Actor.Person));
        if (own?.Number == Number)
            return new RedeemedCode(own.RequestId, null);
        if (Refuse(row, code, own, tree.At) is { } refused)
            return refused;
        var setAside = new SetAside(row.OfferId, row.Time, row.BudgetProgrammeId, CreditsOf(row));
        if (!Ask.MakeRuling(batch, AskBasis.New(batch, setAside)).TryGet(out var ruling, out var refusal))
            return refusal;
        if (ruling.Verdict != QuotaVerdict.Deny)
            CodeAmounts.Release(tree, row, 1, Actor);
        var decided = Ask.Record(batch, ruling);
        if (ruling.Verdict != QuotaVerdict.Deny)
            Spend(batch, tree, row, code, decided.Request.Id);
        return new RedeemedCode(decided.Request.Id, decided);
    }

    private static Credits CreditsOf(CodeBatch row) => Credits.FromUnits(row.Credits);

    private static Refusal? Refuse(CodeBatch row, CodeRow code, CodeRedemption? own, DateTimeOffset at)
    {
        if (code.RequestId is not null)
            return Used("code");
        if (own is not null)
            return Refusal.Conflict(
                "code-batch-redeemed",
                "You redeemed another code of this batch. Each person redeems one. Leave this code to somebody else.",
                "code"
            ) with
            {
                MessageKo =
                    "같은 묶음의 다른 코드를 이미 사용하셨습니다. 한 사람이 하나만 사용할 수 있으니 이 코드는 다른 분께 양보해 주십시오.",
            };
        return row.IsOverAt(at) ? Expired("code") : null;
    }

    internal static Refusal Used(string field) =>
        Refusal.Conflict("code-used", "The code was redeemed already. Ask for a new code.", field) with
        {
            MessageKo = "이미 사용된 코드입니다. 새 코드를 요청해 주십시오.",
        };

    internal static Refusal Expired(string field) =>
        Refusal.Conflict("code-expired", "The code has expired. Ask for a new code.", field) with
        {
            MessageKo = "코드가 만료되었습니다. 새 코드를 요청해 주십시오.",
        };

    private void Spend(BatchState batch, TreeChanges tree, CodeBatch row, CodeRow code, Guid request)
    {
        (code.RequestId, code.RedeemedAt) = (request, tree.At);
        batch.Rows<CodeRow>().Update(code);
        batch
            .Rows<CodeRedemption>()
            .Insert(
                new CodeRedemption
                {
                    RootProgrammeId = Tree.Value,
                    BatchId = BatchId,
                    PersonId = Actor.Person,
                    Number = Number,
                    RequestId = request,
                    CreatedAt = tree.At,
                }
            );
        row.Redeemed++;
        batch.Change(row, tree.At);
        batch.RecordEvent(Tree, Actor, CodeEvents.Redeemed, new CodeRedeemedData(row.Id, row.ProgrammeId, Number, request));
    }
}

/// <summary>A code that was redeemed.</summary>
/// <param name="RequestId">The request that redeemed it.</param>
/// <param name="Decided">That request, when this very redemption made it.</param>
internal sealed record RedeemedCode(Guid RequestId, RequestDecided? Decided);
