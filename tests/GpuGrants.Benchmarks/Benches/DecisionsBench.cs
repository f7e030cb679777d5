using System.Security.Cryptography;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Submissions;
using GpuGrants.Api.Requests.Lifecycle;
using GpuGrants.Api.Requests.Rulings;
using GpuGrants.Api.Requests.Views;
using GpuGrants.Benchmarks.Measuring;
using GpuGrants.Trees;
using GpuGrants.Units;

namespace GpuGrants.Benchmarks.Benches;

/// <summary>Whole decisions in process: idempotency, ten matching rules, credits and GPU time, event.</summary>
internal static class DecisionsBench
{
    public const int Organizations = 1_000;

    public static async Task<int> RunAsync(BenchOptions options)
    {
        await using var server = await BenchServer.StartAsync();
        var reference = new PgBench(server, scale: 10, options.Clients);
        await reference.PrepareAsync();
        await using var stage = await BenchStage.StartAsync(await server.CreateAsync("decisions"), Organizations);
        var decide = Decider(stage, options.Clients);
        await Callers.WarmUpAsync(slice => Callers.RunAsync(options.Clients, slice, decide));
        var result = await BenchReport.CompareAsync(
            options,
            server,
            $"decisions of {BenchStage.LikeBranches} programmes, {options.Clients} callers",
            () => Callers.RunAsync(options.Clients, TimeSpan.FromSeconds(options.Seconds), decide),
            reference.Description,
            () => reference.RunAsync(options.Seconds),
            target: 2.5
        );
        result["rows_per_decision"] = await RowsPerDecisionAsync(stage);
        BenchReport.Say(FormattableString.Invariant($"  rows_per_decision {result["rows_per_decision"]}"));
        var one = await Callers.RunAsync(
            options.Clients,
            TimeSpan.FromSeconds(options.Seconds),
            Decider(stage, options.Clients, programmes: [stage.Programmes[0]])
        );
        BenchReport.Say(FormattableString.Invariant($"  all of one programme: {one.PerSecond:N0}/s"));
        result["one_programme_per_s"] = Math.Round(one.PerSecond, 1);
        BenchReport.Alone(result, await Callers.RunAsync(1, TimeSpan.FromSeconds(Math.Min(5, options.Seconds)), decide));
        return BenchReport.End(options, result);
    }

    /// <summary>Compares two ways to have requests decided, once both are warm.</summary>
    /// <param name="options">How many callers, and for how long.</param>
    /// <param name="server">Where both are decided.</param>
    /// <param name="label">What is ours.</param>
    /// <param name="ours">A call of a caller with this number.</param>
    /// <param name="reference">What is the other.</param>
    /// <param name="other">The same of the other.</param>
    /// <param name="target">The least ratio of ours to the other.</param>
    public static async Task<int> CompareAsync(
        BenchOptions options,
        BenchServer server,
        string label,
        Func<int, Task> ours,
        string reference,
        Func<int, Task> other,
        double target
    )
    {
        foreach (var decide in (Func<int, Task>[])[other, ours])
            await Callers.WarmUpAsync(slice => Callers.RunAsync(options.Clients, slice, decide));
        Task<Round> Run(Func<int, Task> decide) => Callers.RunAsync(options.Clients, TimeSpan.FromSeconds(options.Seconds), decide);
        var result = await BenchReport.CompareAsync(
            options,
            server,
            label,
            () => Run(ours),
            reference,
            async () => (await Run(other)).PerSecond,
            target
        );
        return BenchReport.End(options, result);
    }

    /// <summary>Callers who ask for one organization after the other, each time with a new idempotency key.</summary>
    /// <param name="stage">Where to ask.</param>
    /// <param name="callers">How many callers there are.</param>
    /// <param name="organizations">Who asks; the stage's own organizations when null.</param>
    /// <param name="programmes">Whom they ask; all of the stage's programmes when null.</param>
    public static Func<int, Task> Decider(
        BenchStage stage,
        int callers,
        IReadOnlyList<Guid>? organizations = null,
        IReadOnlyList<Guid>? programmes = null
    )
    {
        programmes ??= stage.Programmes;
        organizations ??= [.. stage.Organizations.Select(one => one.Id)];
        var clients = organizations.Take(DecisionsBench.Organizations).Select(id => $"cl_{id:N}").ToArray();
        var sent = new int[callers];
        var draft = new RequestDraft
        {
            Time = GpuTime.FromSeconds(36),
            Gpus = 1,
            GpuModels = [],
            Purpose = "Fine-tune a model",
            Tags = [],
            Duration = TimeSpan.FromDays(30),
        };
        var hash = SHA256.HashData("the body"u8);
        return async caller =>
        {
            var number = sent[caller]++;
            var turn = (number * callers) + caller;
            var (organization, client) = (organizations[turn % organizations.Count], clients[turn % clients.Length]);
            var programme = programmes[turn % organizations.Count % programmes.Count];
            var reply = await stage.Pipeline.ExecuteAsync(
                new Submission<RequestDecided>(
                    new SubmitRequest
                    {
                        Tree = TreeId.Of(programme),
                        Actor = new Actor(organization, client),
                        ProgrammeId = programme,
                        OrganizationId = organization,
                        Draft = draft,
                        AcceptedTerms = [],
                        Age = GpuGrants.People.StatedAge.Vouched,
                        IndependenceWindow = TimeSpan.FromDays(90),
                    },
                    new IdempotencyKey(client, "POST /v1/requests", Guid.NewGuid().ToString("N"), hash),
                    CommandExtensions.Answering<RequestDecided>(RequestAnswers.Created("en"))
                ),
                CancellationToken.None
            );
            var answer = (Answer)reply.Rendering!.Answer;
            if (answer.Status != 201 || !answer.Body.Span.Slice(0, 80).StartsWith("{\"id\""u8))
                throw new InvalidOperationException(
                    $"A request was answered {answer.Status}: {System.Text.Encoding.UTF8.GetString(answer.Body.Span)}"
                );
        };
    }

    private static async Task<double> RowsPerDecisionAsync(BenchStage stage)
    {
        var rows = await BenchServer.ScalarAsync<decimal>(
            stage.Database,
            """
            select sum(n) from (
                select count(*) n from requests union all select count(*) from decisions union all select count(*) from grants union all select count(*) from transfers
                union all select count(*) from events union all select count(*) from quota_facts union all select count(*) from idempotency_keys where renderer = 'request-made/1') one
            """
        );
        var grantAccounts = await BenchServer.ScalarAsync<long>(stage.Database, "select count(*) from accounts where kind = 'grant'");
        var decisions = await BenchServer.ScalarAsync<long>(stage.Database, "select count(*) from decisions");
        return Math.Round((double)(rows + grantAccounts) / decisions, 2);
    }
}
