using System.CommandLine;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Client;
using Microsoft.Extensions.Configuration;

namespace GpuGrants.Tool.Replay;

/// <summary>The verb <c>replay</c> and its options.</summary>
internal static class ReplayVerb
{
    private const int MaxOrganizations = 10_000;
    private const int MaxConcurrency = 1_024;

    private static readonly Option<string> Nodes = new("--nodes")
    {
        Description = "The trace's nodes, a CSV file with the columns sn, gpu and model.",
        Required = true,
    };
    private static readonly Option<string> Pods = new("--pods")
    {
        Description = "The trace's tasks, a CSV file with the columns name, num_gpu, gpu_milli, gpu_spec, creation_time and deletion_time.",
        Required = true,
    };
    private static readonly Option<int> Organizations = new("--organizations")
    {
        Description = "How many organizations share the tasks.",
        DefaultValueFactory = _ => ReplaySettings.DefaultOrganizations,
    };
    private static readonly Option<int> Seed = new("--seed")
    {
        Description = "The same seed gives each organization the same tasks.",
        DefaultValueFactory = _ => 1,
    };
    private static readonly Option<int> Concurrency = new("--concurrency")
    {
        Description = "The most tasks in flight at once.",
        DefaultValueFactory = _ => ReplaySettings.DefaultConcurrency,
    };
    private static readonly Option<bool> Json = new("--json") { Description = "End with one JSON object on the last line." };
    private static readonly Option<Uri?> Url = new("--url")
    {
        Description = "A running service; without it, replay starts one on a private database.",
    };
    private static readonly Option<string?> ClientId = new("--client-id") { Description = "A platform administrator's client at --url." };
    private static readonly Option<string?> ClientSecret = new("--client-secret") { Description = "Its secret." };

    public static Command Create()
    {
        Organizations.Validators.Add(result => InRange(result, Organizations, 1, MaxOrganizations));
        Concurrency.Validators.Add(result => InRange(result, Concurrency, 1, MaxConcurrency));
        var command = new Command("replay", "Replay a cluster's trace through the API, then check every GPU-second.")
        {
            Nodes,
            Pods,
            Organizations,
            Seed,
            Concurrency,
            Json,
            Url,
            ClientId,
            ClientSecret,
        };
        command.Validators.Add(result =>
        {
            var hasUrl = result.GetValue(Url) is not null;
            if (hasUrl != (result.GetValue(ClientId) is not null) || hasUrl != (result.GetValue(ClientSecret) is not null))
                result.AddError("--url, --client-id and --client-secret go together.");
        });
        command.SetAction(
            (result, cancellation) =>
                ReplayCommand.RunAsync(Settings(result), new ConfigurationBuilder().Build(), Console.Out, Console.Error, cancellation)
        );
        return command;
    }

    private static ReplaySettings Settings(ParseResult result) =>
        new()
        {
            Nodes = result.GetValue(Nodes)!,
            Pods = result.GetValue(Pods)!,
            Organizations = result.GetValue(Organizations),
            Seed = result.GetValue(Seed),
            Concurrency = result.GetValue(Concurrency),
            Json = result.GetValue(Json),
            Url = result.GetValue(Url),
            Administrator = result.GetValue(ClientId) is { } id ? new ClientCredentials(id, result.GetValue(ClientSecret)!) : null,
        };

    private static void InRange(System.CommandLine.Parsing.OptionResult result, Option<int> option, int min, int max)
    {
        if (result.GetValueOrDefault<int>() is var value && (value < min || value > max))
            result.AddError(FormattableString.Invariant($"{option.Name} takes {min} to {max}."));
    }
}
