using System.Diagnostics;
using System.Text.Json.Nodes;

namespace GpuGrants.Api.Tests;

public sealed class ProductionTests
{
    /// <summary>The libraries that the published service carries stand in its <c>.deps.json</c>.</summary>
    [Theory]
    [InlineData("GpuGrants.Tool")]
    [InlineData("GpuGrants.Client")]
    [InlineData("Spectre.Console")]
    [InlineData("Testcontainers")]
    [InlineData("Docker.DotNet")]
    public void The_service_carries_no_library_of_the_tool(string library)
    {
        var file = Path.Combine(AppContext.BaseDirectory, "GpuGrants.Api.deps.json");
        var carried = JsonNode.Parse(File.ReadAllText(file))!["libraries"]!.AsObject().Select(one => one.Key).ToList();
        Assert.Contains(carried, one => one.StartsWith("Npgsql/", StringComparison.Ordinal));
        Assert.DoesNotContain(carried, one => one.StartsWith(library, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("serve")]
    [InlineData("migrate")]
    public async Task Without_a_database_the_service_says_what_to_set(string verb)
    {
        var info = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "GpuGrants.Api.dll"), verb])
        {
            RedirectStandardError = true,
            Environment = { ["Database__ConnectionString"] = "" },
        };
        using var process = Process.Start(info)!;
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(1, process.ExitCode);
        Assert.Contains("Set Database__ConnectionString", said, StringComparison.Ordinal);
    }
}
