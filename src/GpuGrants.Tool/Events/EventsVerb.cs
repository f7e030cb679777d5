using System.CommandLine;
using GpuGrants.Client;

namespace GpuGrants.Tool.Events;

/// <summary>The verb <c>events</c> and its options.</summary>
internal static class EventsVerb
{
    private const string SecretVariable = "GPUGRANTS_CLIENT_SECRET";

    private static readonly Option<Uri> Url = new("--url") { Description = "The running service.", Required = true };
    private static readonly Option<string> ClientId = new("--client-id")
    {
        Description = $"Your API client. Its secret is in the environment variable {SecretVariable}.",
        Required = true,
    };
    private static readonly Option<string?> Types = new("--types") { Description = "Only these types, such as request.approved,grant.*." };
    private static readonly Option<string?> Resource = new("--resource") { Description = "Only what happened to this resource." };
    private static readonly Option<string?> Programme = new("--programme") { Description = "Only the trees of these programmes." };
    private static readonly Option<DateTimeOffset?> From = new("--from")
    {
        Description = "Where to begin; with the first event when left out.",
    };
    private static readonly Option<string?> Cursor = new("--cursor") { Description = "Where an earlier run ended." };
    private static readonly Option<bool> Follow = new("--follow") { Description = "Stay, and show events as they happen." };
    private static readonly Option<bool> Json = new("--json") { Description = "One JSON object per line." };

    public static Command Create()
    {
        var command = new Command("events", "Read the events that you may see, and follow them.")
        {
            Url,
            ClientId,
            Types,
            Resource,
            Programme,
            From,
            Cursor,
            Follow,
            Json,
        };
        command.Validators.Add(result =>
        {
            if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(SecretVariable)))
                result.AddError($"Set {SecretVariable} to the client's secret.");
        });
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, CancellationToken cancellation)
    {
        using var client = new GpuGrantsClient(
            result.GetValue(Url)!,
            new ClientCredentials(result.GetValue(ClientId)!, Environment.GetEnvironmentVariable(SecretVariable)!)
        );
        var command = new EventsCommand(new EventFeed(client), Console.Out, Console.Error)
        {
            Filter = new EventFilter(result.GetValue(Types), result.GetValue(Resource), result.GetValue(Programme), result.GetValue(From)),
            Json = result.GetValue(Json),
        };
        return await command.RunAsync(result.GetValue(Cursor), result.GetValue(Follow), cancellation);
    }
}
