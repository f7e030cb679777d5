using System.Text;
using GpuGrants.Api.Events;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests;

/// <summary>
/// Each type of event has a schema and a row in the docs. That stored events keep to their schemas is checked at the end of every test that
/// starts a service.
/// </summary>
public sealed class EventCatalogueTests
{
    private const string Approve = "GPUGRANTS_APPROVE=1 ./gpugrants test EventCatalogueTests";

    [Fact]
    public void Every_type_has_its_schema_beside_it_and_no_schema_lacks_its_type()
    {
        var folder = Repository.File("src", "GpuGrants.Api", "Events", "Catalogue", "Schemas");
        var wanted = EventCatalogue.All.Values.ToDictionary(EventSchemas.FileOf, EventSchemas.Schema);
        if (Approves)
        {
            Directory.CreateDirectory(folder);
            foreach (var file in Directory.GetFiles(folder))
                File.Delete(file);
            foreach (var (name, schema) in wanted)
                File.WriteAllText(Path.Combine(folder, name), schema);
        }

        var found = Directory.GetFiles(folder).ToDictionary(file => Path.GetFileName(file), File.ReadAllText);
        var differing = wanted.Except(found).Concat(found.Except(wanted)).Select(pair => pair.Key).Distinct().ToList();
        Assert.True(
            differing.Count == 0,
            $"The schemas differ from the catalogue: {string.Join(", ", differing)}. If the change is meant, raise the type's "
                + $"version when readers may stumble over it, and approve with\n  {Approve}"
        );
    }

    [Fact]
    public void The_docs_list_every_type()
    {
        var path = Repository.File("docs", "events.md");
        var wanted = Page();
        if (Approves)
            File.WriteAllText(path, wanted);
        Assert.True(
            File.Exists(path) && File.ReadAllText(path) == wanted,
            $"docs/events.md differs from the catalogue. Write it anew with\n  {Approve}"
        );
    }

    [Fact]
    public void A_types_name_begins_with_what_it_is_about_and_its_resource_is_named()
    {
        foreach (var type in EventCatalogue.All.Values)
        {
            Assert.Matches("^[a-z-]+\\.[a-z-]+$", type.Name);
            Assert.Matches("^[a-z-]+$", type.Resource);
            Assert.EndsWith(".", type.Summary, StringComparison.Ordinal);
        }
    }

    private static bool Approves => Environment.GetEnvironmentVariable("GPUGRANTS_APPROVE") == "1";

    private static string Page()
    {
        var text = new StringBuilder(
            """
            # Events

            Each change of state writes an event, in the transaction that makes the change. Events of one tree are numbered without
            gaps, in the order of commits. An event says:

            | member | meaning |
            | --- | --- |
            | type, version | an entry of the list below, and the version of its schema |
            | tree, sequence | the tree and the event's number in it |
            | resource | type and id of what it happened to |
            | actor, client, on behalf of | who acted, through which API client, for whom a partner acted |
            | traceparent, request name | the trace and the X-Request-Id that the caller sent, if any |
            | occurred at | the tree's business time |
            | data | ids and statuses; read the resource for more |

            The schemas of the data are in `src/GpuGrants.Api/Events/Catalogue/Schemas`, one file per type and version. A new member
            may come without a new version. A version rises when a reader may stumble over the change.

            This page is written from the catalogue in `src/GpuGrants.Api/Events/Catalogue`; a test holds it.

            """
        );
        foreach (var type in EventCatalogue.All.Values.OrderBy(one => one.Name, StringComparer.Ordinal))
            text.Append(
                System.Globalization.CultureInfo.InvariantCulture,
                $"* `{type.Name}`, version {type.Version}, of a {type.Resource}: {type.Summary}\n  Data: {Members(type)}.\n"
            );
        return text.ToString();
    }

    private static string Members(EventType type) =>
        string.Join(
            ", ",
            type.Data.GetProperties().Select(property => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(property.Name))
        );
}
