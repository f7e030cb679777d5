using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using GpuGrants.Api.Hosting;
using GpuGrants.Trees;

namespace GpuGrants.Api.Tests;

/// <summary>Folders depend in one direction. docs/architecture.md explains the layers of the service.</summary>
public sealed class ArchitectureTests
{
    private const string Api = "GpuGrants.Api";

    private const string Rules = "GpuGrants";

    /// <summary>The folders of the service. Each uses only those before it. Two that share a line do not use each other.</summary>
    private static readonly string[][] Folders =
    [
        ["Json", "Wording"],
        ["Store"],
        ["Events", "Rows"],
        ["Pipeline"],
        ["Http"],
        ["Access", "Mail"],
        ["Decisions"],
        ["Organizations", "Partners", "Providers", "Programmes", "Offers", "Terms"],
        ["Freezes", "Ledger", "People", "Quotas", "Usage"],
        ["Grants"],
        ["Requests"],
        ["Reviews", "Codes"],
        ["Feed"],
        ["Webhooks", "Notices"],
        ["Sweeps", "Contract"],
        ["Hosting"],
        ["Commands"],
    ];

    /// <summary>The folders of the rules, in the same order.</summary>
    private static readonly string[][] Rooms =
    [
        ["Units", "Calendars", "People", "Trees", "Feed", "Webhooks", "Independence", "Notices", "Codes"],
        ["Offers", "Usage"],
        ["Requests"],
        ["Ledger.Accounts"],
        ["Ledger.Posting", "Ledger.Seal"],
        ["Ledger.Audit"],
        ["Quotas.Measures"],
        ["Quotas.Subjects", "Quotas.Documents"],
        ["Quotas.Windows", "Quotas.Filters", "Quotas.Sharing"],
        ["Quotas.Policies"],
        ["Quotas.Overrides"],
        ["Quotas.Counting"],
        ["Quotas.Deciding", "Quotas.Increases"],
        ["Quotas.Simulation", "Quotas.Wording"],
        ["Grants"],
    ];

    private static readonly Architecture Code = new ArchLoader().LoadAssemblies(typeof(Service).Assembly, typeof(TreeId).Assembly).Build();

    [Fact]
    public void A_folder_of_the_service_uses_only_earlier_folders() => None(NotEarlier(Uses(Api), FolderOf, Folders));

    [Fact]
    public void Every_folder_of_the_service_has_its_layer() =>
        Assert.Equal(Folders.SelectMany(layer => layer).Order(), Types(Api).Select(FolderOf).Distinct().Order());

    [Fact]
    public void A_folder_of_the_rules_uses_only_earlier_folders() => None(NotEarlier(Uses(Rules), RoomOf, Rooms));

    [Fact]
    public void Every_folder_of_the_rules_has_its_layer() =>
        Assert.Equal(Rooms.SelectMany(layer => layer).Order(), Types(Rules).Select(RoomOf).Distinct().Order());

    [Theory]
    [InlineData(Api)]
    [InlineData(Rules)]
    public void Namespaces_have_no_cycle(string assembly)
    {
        var uses = Uses(assembly).Where(use => NamespaceOf(use.From) != NamespaceOf(use.To)).ToList();
        Assert.NotEmpty(uses);
        var left = uses.Count + 1;
        while (uses.Count < left)
        {
            left = uses.Count;
            var users = uses.Select(use => NamespaceOf(use.From)).ToHashSet();
            var used = uses.Select(use => NamespaceOf(use.To)).ToHashSet();
            uses.RemoveAll(use => !users.Contains(NamespaceOf(use.To)) || !used.Contains(NamespaceOf(use.From)));
        }

        None(uses);
    }

    [Fact]
    public void The_rules_use_no_service_no_database_and_no_web_server()
    {
        string[] foreign = [Api, "Microsoft.EntityFrameworkCore", "Microsoft.AspNetCore", "Npgsql", "System.Net"];
        var uses = Types(Rules).SelectMany(type => type.Dependencies).Select(use => (From: use.Origin, To: use.Target)).ToList();
        Assert.NotEmpty(uses);
        None(uses.Where(use => foreign.Any(name => IsIn(use.To, name))));
    }

    /// <summary>The uses that do not go to an earlier layer.</summary>
    private static IEnumerable<(IType From, IType To)> NotEarlier(
        IEnumerable<(IType From, IType To)> uses,
        Func<IType, string> folder,
        string[][] layers
    )
    {
        var across = uses.Where(use => folder(use.From) != folder(use.To)).ToList();
        Assert.NotEmpty(across);
        return across.Where(use => LayerOf(use.To) >= LayerOf(use.From));

        int LayerOf(IType type) => Array.FindIndex(layers, layer => layer.Contains(folder(type)));
    }

    private static IEnumerable<(IType From, IType To)> Uses(string assembly)
    {
        var ours = Types(assembly).ToHashSet();
        return ours.SelectMany(type => type.Dependencies)
            .Where(use => ours.Contains(use.Target))
            .Select(use => (From: use.Origin, To: use.Target));
    }

    private static IEnumerable<IType> Types(string assembly) =>
        Code.Types.Where(type => IsIn(type, assembly) && IsIn(type, Api) == (assembly == Api));

    private static bool IsIn(IType type, string name) =>
        NamespaceOf(type) == name || NamespaceOf(type).StartsWith(name + ".", StringComparison.Ordinal);

    private static string NamespaceOf(IType type) => type.Namespace?.FullName ?? "";

    private static string FolderOf(IType type) => NamespaceOf(type).Split('.') is [_, _, var folder, ..] ? folder : "";

    private static string RoomOf(IType type) => NamespaceOf(type)[Rules.Length..].TrimStart('.');

    private static void None(IEnumerable<(IType From, IType To)> uses)
    {
        var lines = uses.Select(use => $"{use.From.FullName} uses {use.To.FullName}").Distinct().Order(StringComparer.Ordinal).ToList();
        Assert.True(lines.Count == 0, string.Join('\n', lines));
    }
}
