using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Api.Tests.World;
using GpuGrants.Tool.Replay;
using Microsoft.Extensions.Configuration;
using Check = GpuGrants.Tool.Replay.Check;

namespace GpuGrants.Api.Tests;

public sealed class ReplayTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("gpugrants-replay-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_replayed_trace_is_accounted_for_to_the_second()
    {
        var (nodes, pods) = (Write("nodes.csv", Nodes()), Write("pods.csv", Pods()));
        var trace = Trace.Read(nodes, pods);
        var database = await TestDatabase.CreateAsync();
        using var output = new StringWriter();
        var status = await ReplayCommand.RunAsync(
            new ReplaySettings
            {
                Nodes = nodes,
                Pods = pods,
                Organizations = 4,
                Json = true,
                Clock = FireClock.Right,
            },
            On(database),
            output,
            TextWriter.Null,
            CancellationToken.None
        );
        var result = JsonNode.Parse(output.ToString().TrimEnd().Split('\n')[^1])!;
        Assert.True(status == 0, output.ToString());
        Assert.True(result["right"]!.GetValue<bool>());
        Assert.Equal(30, result["tasks"]!.GetValue<int>());
        Assert.All(
            result["checks"]!.AsArray(),
            check => Assert.Equal(check!["leftGpuSeconds"]!.GetValue<long>(), check["rightGpuSeconds"]!.GetValue<long>())
        );
        Assert.Equal(trace.Tasks.Sum(task => task.AskedGpuSeconds), SumOf(result, "granted"));
        Assert.Equal(trace.Tasks.Sum(task => task.UsedGpuSeconds), SumOf(result, "used"));
        Assert.Equal(0, result["models"]!.AsArray().Sum(model => model!["stillHeldGpuSeconds"]!.GetValue<long>()));
        Assert.Equal(1, result["models"]!.AsArray().Sum(model => model!["approvedAfterReview"]!["count"]!.GetValue<int>()));
        // A person decided 1 of 30, and everybody received what they asked for.
        Assert.Equal((29 / 30d, 1), (result["decidedByRules"]!.GetValue<double>(), result["fairness"]!.GetValue<double>()), Near);
        Assert.InRange(result["utilisation"]!.GetValue<double>(), 0.000_001, 1);
        // Every fourth of 30 tasks had a quote, and used it.
        Assert.Equal((8, 8), (result["quotesAsked"]!.GetValue<int>(), result["quotesUsed"]!.GetValue<int>()));
        await TestDatabase.DropAsync(database);
    }

    [Fact]
    public async Task A_running_service_is_replayed_against_with_what_fits_into_real_time()
    {
        await using var world = await TestWorld.StartAsync("--Pipeline:Shards=1");
        using var output = new StringWriter();
        var settings = new ReplaySettings
        {
            Nodes = Write("nodes.csv", Nodes()),
            Pods = Write("pods.csv", Pods()),
            Organizations = 3,
            Url = world.Address,
            Administrator = new(world.Admin.ClientId, world.Admin.ClientSecret),
            Clock = world.Clock,
        };
        var status = await ReplayCommand.RunAsync(
            settings,
            new ConfigurationBuilder().Build(),
            output,
            TextWriter.Null,
            CancellationToken.None
        );
        Assert.True(status == 0, output.ToString());
        Assert.Equal(0, await world.ScalarAsync<long>("select count(*) from grants where status = 'active'"));
    }

    [Fact]
    public void Fair_shares_give_nobody_more_than_they_asked_for_and_the_others_alike() =>
        Gen.Select(Gen.Long[0, 1_000].Array[1, 8], Gen.Long[0, 4_000])
            .Sample(
                (asked, supply) =>
                {
                    var shares = FairShares.MaxMin(asked, supply);
                    Assert.Equal(Math.Min(asked.Sum(), supply), shares.Sum(), 6);
                    var most = shares.Max();
                    for (var i = 0; i < asked.Length; i++)
                        Assert.True(shares[i] <= asked[i] + 1e-6 && (shares[i] >= asked[i] - 1e-6 || shares[i] >= most - 1e-6));
                }
            );

    [Fact]
    public void The_index_of_fairness_is_1_for_equals_and_one_part_in_n_where_one_has_all()
    {
        Assert.Equal(1, FairShares.Jain([0.4, 0.4, 0.4]), 9);
        Assert.Equal(0.25, FairShares.Jain([0, 0, 3, 0]), 9);
        Assert.Equal(1, FairShares.Jain([]), 9);
        var tally = new Tally(["t4"]);
        tally.Add(0, 100, isGranted: true);
        tally.Add(1, 100, isGranted: false);
        Assert.Equal(0.5, ReplaySummary.Of(tally, 100).Fairness, 9);
    }

    private static readonly Func<(double, double), (double, double), bool> Near = (one, other) =>
        Math.Abs(one.Item1 - other.Item1) < 1e-5 && Math.Abs(one.Item2 - other.Item2) < 1e-5;

    [Fact]
    public void A_sum_that_differs_by_one_second_is_found()
    {
        var tally = new ModelTally("t4")
        {
            Asked = new Sum(1, 72),
            GrantedAtOnce = new Sum(1, 72),
            Used = new Sum(1, 40),
            Returned = new Sum(1, 32),
        };
        var offer = new StageOffer("t4", Guid.Empty, Guid.Empty, 3_600, 3_600, 1, null!);
        Assert.All(
            Check.Of(tally, offer, new LedgerReading(72, 40, 32, 0, 3_500, 0, Undelivered: 60)),
            check => Assert.True(check.Holds, check.Name)
        );
        var wrong = Check
            .Of(tally, offer, new LedgerReading(72, 41, 32, 0, 3_560, 0))
            .Where(check => !check.Holds)
            .Select(check => check.Name);
        Assert.Equal(
            [
                "ledger: granted = used + returned + still held",
                "used: answers = ledger",
                "ledger: capacity left = put up - used - still held - passed",
            ],
            wrong
        );
    }

    [Theory]
    [InlineData("sn,gpu,model\nn1,2,t4\n", "name,num_gpu\np1,1\n", "lacks the columns: gpu_milli, gpu_spec, creation_time, deletion_time")]
    [InlineData(
        "sn,gpu,model\nn1,2,t4\n",
        "name,num_gpu,gpu_milli,gpu_spec,creation_time,deletion_time\np1,1,1000,,60,59\n",
        "line 2: deletion_time"
    )]
    [InlineData("sn,gpu,model\nn1,2,t4\n", "name,num_gpu,gpu_milli,gpu_spec,creation_time,deletion_time\np1,1,much,,60,70\n", "line 2")]
    [InlineData("sn,gpu,model\nn1,0,\n", "name,num_gpu,gpu_milli,gpu_spec,creation_time,deletion_time\n", "no node with GPUs")]
    public void A_file_that_cannot_be_read_is_refused_with_its_line(string nodes, string pods, string expected)
    {
        var (nodesPath, podsPath) = (Write("nodes.csv", nodes), Write("pods.csv", pods));
        var refusal = Assert.Throws<InvalidOperationException>(() => Trace.Read(nodesPath, podsPath));
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_task_asks_for_its_use_rounded_up_to_a_step()
    {
        Assert.Equal((16, 36), Amounts(new TraceTask("p", 1, 460, [], 0, 36)));
        Assert.Equal((72, 72), Amounts(new TraceTask("p", 2, 1_000, [], 10, 46)));
        Assert.Equal((37, 72), Amounts(new TraceTask("p", 1, 1_000, [], 0, 37)));
        Assert.Equal((0, 36), Amounts(new TraceTask("p", 8, 1_000, [], 5, 5)));
    }

    [Fact]
    public void A_seed_gives_the_same_few_organizations_most_tasks()
    {
        var (one, two) = (new Zipf(50, 7), new Zipf(50, 7));
        var draws = Enumerable.Range(0, 5_000).Select(_ => one.Next()).ToList();
        Assert.Equal(draws, Enumerable.Range(0, 5_000).Select(_ => two.Next()));
        Assert.All(draws, draw => Assert.InRange(draw, 0, 49));
        Assert.True(draws.Count(draw => draw == 0) > 5 * draws.Count(draw => draw == 20));
    }

    private static (long, long) Amounts(TraceTask task) => (task.UsedGpuSeconds, task.AskedGpuSeconds);

    private static long SumOf(JsonNode result, string part) =>
        result["models"]!.AsArray().Sum(model => model![part]!["gpuSeconds"]!.GetValue<long>());

    private static IConfiguration On(string database) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection([new("Database:ConnectionString", database), new("Database:MigrateAtStart", "false")])
            .Build();

    private string Write(string name, string text)
    {
        var path = Path.Combine(_directory, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Ten nodes of three models.</summary>
    private static string Nodes()
    {
        var csv = new StringBuilder("sn,cpu_milli,memory_mib,gpu,model\n");
        for (var i = 0; i < 10; i++)
            csv.Append(
                CultureInfo.InvariantCulture,
                $"node-{i},64000,262144,{1 + (i % 4)},{(i < 5 ? "T4" : i < 8 ? "P100" : "V100M16")}\n"
            );
        return csv.ToString();
    }

    /// <summary>Thirty tasks with GPUs over two months, one without; one is long enough for a review, one ends as it begins.</summary>
    private static string Pods()
    {
        string[] models = ["", "T4", "P100|V100M16", "V100M16"];
        var csv = new StringBuilder(
            "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n"
                + "pod-x,1,1,0,0,,LS,Running,5,10,6\n"
        );
        for (var i = 0; i < 30; i++)
        {
            var start = i * 180_000L;
            var duration = i switch
            {
                3 => 90_000,
                4 => 0,
                _ => 20 + (i * 37),
            };
            csv.Append(
                CultureInfo.InvariantCulture,
                $"pod-{i},1,1,{(i % 10 == 9 ? 2 : 1)},{(i % 3 == 1 ? 460 : 1000)},{models[i % 4]},LS,Running,"
                    + $"{start},{start + duration},{start}\n"
            );
        }

        return csv.ToString();
    }
}
