using GpuGrants.Api.Hosting;
using GpuGrants.Api.Tests.World;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Tests;

/// <summary>A setting that nothing reads stops the start: whoever wrote it thinks that it does something.</summary>
public sealed class SettingsTests
{
    public static TheoryData<string> Known =>
        [
            .. Settings.Sections.SelectMany(section =>
                section
                    .SelectMany(type => type.GetProperties())
                    .Where(one => one.SetMethod is { IsPublic: true })
                    .Select(one => $"{section.Key}:{one.Name}{(one.PropertyType.IsArray ? ":0" : "")}")
            ),
        ];

    [Theory]
    [MemberData(nameof(Known))]
    public void Each_setting_is_known_in_any_spelling_and_one_letter_more_is_named_with_the_nearest(string key)
    {
        foreach (var known in (string[])[key, key.ToUpperInvariant()])
            if (!IsComplex(key))
                Assert.Empty(Unknown(known));
        var parts = key.Split(':');
        var wrong = $"{parts[0]}:{parts[1]}X";
        var failure = Assert.Single(Unknown(wrong));
        Assert.StartsWith($"{wrong}: There is no such setting.", failure, StringComparison.Ordinal);
        Assert.Contains($"The nearest is {parts[0]}:{parts[1]}.", failure, StringComparison.Ordinal);
        Assert.DoesNotContain("secret value", failure, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Pipeline:DryRuns", "Pipeline:")]
    [InlineData("Mail:UserName", "Mail:User")]
    [InlineData("Webhooks:retrydays", "Webhooks:KeepDays")]
    [InlineData("Access:TrustedIssuers:0:Adress", "Access:TrustedIssuers:0:Address")]
    [InlineData("Webhooks:AllowedNetworks:0:1", null)]
    [InlineData("Pipeline:Shards:0", null)]
    public void A_setting_that_nothing_reads_is_named(string key, string? nearest)
    {
        var failure = Assert.Single(Unknown(key));
        Assert.StartsWith($"{key}: There is no such setting.", failure, StringComparison.Ordinal);
        Assert.Contains(nearest is null ? "is one value" : $"The nearest is {nearest}", failure, StringComparison.Ordinal);
    }

    /// <summary>Machines and platforms have variables that begin like sections, or are called like one.</summary>
    [Theory]
    [InlineData("MAIL", "/var/mail/root")]
    [InlineData("DATABASE", "postgres://somewhere")]
    [InlineData("MAIL_SERVICE_HOST", "10.0.0.1")]
    [InlineData("DATABASE_PORT_5432_TCP", "tcp://10.0.0.1:5432")]
    [InlineData("ConnectionStrings:Access", "Host=x")]
    [InlineData("Logging:LogLevel:Default", "Debug")]
    [InlineData("Kestrel:Endpoints:Http:Url", "http://localhost:1")]
    [InlineData("AllowedHosts", "*")]
    public void What_belongs_to_others_is_not_looked_at(string key, string value) => Assert.Empty(Unknown(key, value));

    [Fact]
    public async Task An_unknown_setting_stops_the_start()
    {
        var database = await TestDatabase.CreateEmptyAsync();
        var failure = Assert.Throws<OptionsValidationException>(() =>
            Service.Build(["--Pipeline:DryRuns=4", "--Webhooks:Leases=1", "--urls=http://127.0.0.1:0"], database)
        );
        Assert.Equal(["Pipeline:DryRuns", "Webhooks:Leases"], failure.Failures.Select(one => one.Split(": ")[0]));
        await TestDatabase.DropAsync(database);
    }

    private static bool IsComplex(string key) => key.StartsWith("Access:TrustedIssuers", StringComparison.Ordinal);

    private static IEnumerable<string> Unknown(string key, string value = "secret value")
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new(key, value)]).Build();
        try
        {
            Settings.RefuseUnknown(configuration);
            return [];
        }
        catch (OptionsValidationException unknown)
        {
            return unknown.Failures;
        }
    }
}
