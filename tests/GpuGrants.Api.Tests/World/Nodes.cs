using System.Text.Json.Nodes;

namespace GpuGrants.Api.Tests.World;

/// <summary>Parts of an answer.</summary>
internal static class Nodes
{
    /// <summary>A member that has to be there and a text, as <see cref="Reply.Text_"/> of a whole answer.</summary>
    public static string Text_(this JsonNode node, string name) => node[name]!.GetValue<string>();
}
