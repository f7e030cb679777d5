using System.Text.Json.Nodes;

namespace GpuGrants.Quotas.Documents;

/// <summary>Writes members as <see cref="JsonFields"/> reads them. A member without a value is left out.</summary>
internal static class JsonMembers
{
    public static JsonObject With(this JsonObject json, string name, JsonNode? value)
    {
        if (value is not null)
            json[name] = value;
        return json;
    }

    /// <summary>Amounts with decimals are text, so that no reader makes a binary fraction of them.</summary>
    public static JsonObject? Amount(long? amount, QuotaUnit unit) =>
        amount is not { } known
            ? null
            : new JsonObject().With(
                unit.Member(),
                unit == QuotaUnit.Count ? JsonValue.Create(known) : JsonValue.Create(AmountText.Write(known, unit))
            );

    public static JsonArray? Names(IReadOnlyList<string> names) => names.Count == 0 ? null : List(names, name => JsonValue.Create(name));

    public static JsonArray? Ids(IReadOnlyList<Guid> ids) => ids.Count == 0 ? null : List(ids, id => JsonValue.Create(id.ToString()));

    public static JsonArray List<T>(IReadOnlyList<T> items, Func<T, JsonNode?> write) => new([.. items.Select(write)]);
}
