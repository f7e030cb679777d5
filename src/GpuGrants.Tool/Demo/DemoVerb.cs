using System.CommandLine;
using GpuGrants.Api.Http.Idempotency;
using Microsoft.Extensions.Configuration;

namespace GpuGrants.Tool.Demo;

/// <summary>The verb <c>demo</c> and its options.</summary>
internal static class DemoVerb
{
    public static Command Create(IConfiguration configuration)
    {
        var once = new Option<bool>("--once") { Description = "End after the walk." };
        var port = new Option<int>("--port") { Description = "The port to listen on; 0 for a free one.", DefaultValueFactory = _ => 0 };
        var command = new Command("demo", "Start everything, load a small catalogue and walk through the main job.") { once, port };
        command.SetAction((result, _) => DemoCommand.RunAsync(configuration, result.GetValue(once), result.GetValue(port)));
        return command;
    }
}
