using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Submissions;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Trees;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>A chain of transfers, straight through the pipeline.</summary>
internal sealed class Posting : Command<Outcome>
{
    public required IReadOnlyList<Step> Chain { get; init; }

    /// <summary>Sends the chain under a key; without one when it is null.</summary>
    public static async Task<Answer> SendAsync(DecisionPipeline pipeline, Guid tree, string? key, IReadOnlyList<Step> chain)
    {
        var posting = new Posting
        {
            Tree = TreeId.Of(tree),
            Actor = Actor.Service,
            Chain = chain,
        };
        var used = key is null ? null : KeyOf(key, chain);
        var reply = await pipeline.ExecuteAsync(new Submission<Outcome>(posting, used, Render), CancellationToken.None);
        if (reply.Repeated is not { } kept)
            return (Answer)reply.Rendering!.Answer;
        return used!.SameRequest(kept.RequestHash) ? Answer.Of(kept) with { Replayed = true } : Problem.KeyReused();
    }

    public override void Plan(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        foreach (var step in Chain)
        {
            batch.WantTransfer(Tree, step.Id);
            if (step.Corrects is { } corrected)
                batch.WantTransfer(Tree, corrected);
            if (step.Pending is { } pending)
                WantHold(batch, tree, pending);
            else
                foreach (var owner in (ReadOnlySpan<Guid>)[step.From, step.To])
                    tree.WantAccount(AccountIds.Of(Step.KindOf(owner, Tree.Value), LedgerUnit.Credit, owner));
        }
    }

    public override Outcome<Outcome> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        var orders = Chain.Select(step => step.Order(owner => AccountOf(tree, owner), tree.At)).ToList();
        var isDone = tree.TryPost(orders, out var refusal);
        return new Outcome(isDone ? null : refusal!.Code, tree.State.TransferSequence, tree.At);
    }

    private static IdempotencyKey KeyOf(string key, IReadOnlyList<Step> chain) =>
        new("fire", "POST /fire", key, SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('|', chain.Select(step => step.ToString())))));

    private static void WantHold(BatchState batch, TreeChanges tree, Guid pending)
    {
        batch.WantHold(tree.Id, pending);
        if (!tree.State.Book.TryGetHold(pending, out var hold))
            return;
        tree.WantAccount(hold.DebitAccountId);
        tree.WantAccount(hold.CreditAccountId);
    }

    private static Account AccountOf(TreeChanges tree, Guid owner) =>
        tree.AccountOf(Step.KindOf(owner, tree.RootProgrammeId), LedgerUnit.Credit, owner);

    private static Rendering Render(Outcome<Outcome> decided)
    {
        decided.TryGet(out var outcome, out _);
        var answer = new Answer { Status = outcome!.Refused is null ? 200 : 409, Body = JsonSerializer.SerializeToUtf8Bytes(outcome) };
        return new Rendering(answer, answer);
    }
}

/// <summary>What a chain was answered.</summary>
/// <param name="Refused">The refusal's code; null when it was recorded.</param>
/// <param name="Sequence">The number of its last transfer, or of the last one before it when it was refused: its place in the one order of
/// the tree.</param>
/// <param name="At">The business time it was decided at.</param>
internal sealed record Outcome(string? Refused, long Sequence, DateTimeOffset At)
{
    public static Outcome Of(Answer answer) => JsonSerializer.Deserialize<Outcome>(answer.Body.Span)!;
}
