using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Submissions;
using GpuGrants.Benchmarks.Measuring;
using GpuGrants.Trees;

namespace GpuGrants.Benchmarks.Benches;

/// <summary>Two-account transfers through the pipeline, each its own answer.</summary>
internal static class LedgerBench
{
    public static async Task<int> RunAsync(BenchOptions options)
    {
        await using var server = await BenchServer.StartAsync();
        var reference = new PgBench(server, scale: 10, options.Clients);
        await reference.PrepareAsync();
        var results = new List<Dictionary<string, object>>();
        foreach (var accounts in (int[])[1_000, 10])
        {
            await using var stage = await BenchStage.StartAsync(await server.CreateAsync($"ledger_{accounts}"), organizations: 1);
            var ids = await FundAsync(stage, accounts);
            var random = Enumerable.Range(0, options.Clients).Select(caller => new Random(caller)).ToArray();
            Task Transfer(int caller)
            {
                var debit = random[caller].Next(accounts);
                var credit = (debit + 1 + random[caller].Next(accounts - 1)) % accounts;
                return MoveAsync(stage, AccountKind.Budget, ids[debit], ids[credit], 1 + random[caller].Next(100));
            }

            await Callers.WarmUpAsync(slice => Callers.RunAsync(options.Clients, slice, Transfer));
            results.Add(
                await BenchReport.CompareAsync(
                    options,
                    server,
                    $"transfers between {accounts:N0} accounts, {options.Clients} callers",
                    () => Callers.RunAsync(options.Clients, TimeSpan.FromSeconds(options.Seconds), Transfer),
                    reference.Description,
                    () => reference.RunAsync(options.Seconds),
                    target: accounts == 10 ? 8 : 6
                )
            );
            BenchReport.Alone(results[^1], await Callers.RunAsync(1, TimeSpan.FromSeconds(Math.Min(5, options.Seconds)), Transfer));
        }

        return BenchReport.End(options, results);
    }

    private static readonly Guid Root = Guid.Parse("01900000-0000-7000-8000-000000000001");

    private static async Task<Guid[]> FundAsync(BenchStage stage, int accounts)
    {
        var ids = Enumerable.Range(0, accounts).Select(_ => Guid.CreateVersion7()).ToArray();
        foreach (var chunk in ids.Chunk(64))
            await Task.WhenAll(chunk.Select(id => MoveAsync(stage, AccountKind.Issuance, Root, id, 1_000_000_000_000)));
        return ids;
    }

    private static async Task MoveAsync(BenchStage stage, AccountKind from, Guid debit, Guid credit, long amount)
    {
        var reply = await stage.Pipeline.ExecuteAsync(
            new Submission<(Guid Id, long Amount, long Sequence)>(
                new Transfer
                {
                    Tree = TreeId.Of(Root),
                    Actor = Actor.Service,
                    From = from,
                    Debit = debit,
                    Credit = credit,
                    Amount = amount,
                },
                null,
                CommandExtensions.Answering<(Guid Id, long Amount, long Sequence)>(made => new Rendering(
                    Answer.Created(
                        $"/v1/transfers/{made.Id}",
                        new
                        {
                            made.Id,
                            made.Amount,
                            made.Sequence,
                        }
                    )
                ))
            ),
            CancellationToken.None
        );
        var answer = (Answer)reply.Rendering!.Answer;
        if (answer.Status != 201)
            throw new InvalidOperationException($"A transfer was answered {answer.Status}.");
    }

    /// <summary>One transfer from an account to a budget account.</summary>
    private sealed class Transfer : Command<(Guid Id, long Amount, long Sequence)>
    {
        public required AccountKind From { get; init; }

        public required Guid Debit { get; init; }

        public required Guid Credit { get; init; }

        public required long Amount { get; init; }

        public override void Plan(BatchState batch)
        {
            batch.Tree(Tree).WantAccount(AccountIds.Of(From, LedgerUnit.Credit, Debit));
            batch.Tree(Tree).WantAccount(AccountIds.Of(AccountKind.Budget, LedgerUnit.Credit, Credit));
        }

        public override Outcome<(Guid Id, long Amount, long Sequence)> Decide(BatchState batch)
        {
            var tree = batch.Tree(Tree);
            var order = TransferOrder.Posted(
                Guid.CreateVersion7(tree.At),
                tree.AccountOf(From, LedgerUnit.Credit, Debit),
                tree.AccountOf(AccountKind.Budget, LedgerUnit.Credit, Credit),
                Amount,
                TransferReasons.Fund,
                new TransferContext()
            );
            return tree.TryPost([order], out var refusal) ? (order.Id, Amount, tree.State.TransferSequence) : Refusal.Of(refusal);
        }
    }
}
