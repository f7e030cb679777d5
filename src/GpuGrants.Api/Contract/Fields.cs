using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using GpuGrants.Api.Http.Bodies;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace GpuGrants.Api.Contract;

/// <summary>Each member as it really is: whether it is always there, may be null, its words or bounds, what it means, an example.</summary>
internal sealed class Fields : ISchemaFilter
{
    public void Apply(IOpenApiSchema schema, SchemaFilterContext context)
    {
        if (schema is not OpenApiSchema { Properties: { } properties } whole)
            return;
        var isSent = SchemaNames.IsSent(context.Type);
        foreach (var property in context.Type.GetProperties())
        {
            var name = JsonNamingPolicy.CamelCase.ConvertName(property.Name);
            if (!properties.TryGetValue(name, out var one) || one is not OpenApiSchema field)
                continue;
            if (isSent)
                foreach (var bounds in BodyBounds.Of(property))
                    SetBounds(whole, field, name, bounds);
            else
                SetPresence(whole, field, name, property);
            if (Words.Of(SchemaNames.Of(context.Type), name) is { } words)
                SetWords(field.Items as OpenApiSchema ?? field, words);
            // A reference beside null needs its type said.
            if (field.AllOf is { Count: > 0 } && field.Type == JsonSchemaType.Null)
                field.Type = JsonSchemaType.Object | JsonSchemaType.Null;
            Explain(name, field);
        }
    }

    /// <summary>What the service writes: a member that it leaves out when there is nothing to say is never null.</summary>
    private static void SetPresence(OpenApiSchema whole, OpenApiSchema field, string name, PropertyInfo property)
    {
        whole.Required ??= new HashSet<string>();
        if (property.GetCustomAttribute<JsonIgnoreAttribute>() is null)
        {
            whole.Required.Add(name);
            return;
        }

        whole.Required.Remove(name);
        field.Type = field.Type is JsonSchemaType.Null ? null : field.Type & ~JsonSchemaType.Null;
    }

    private static void SetBounds(OpenApiSchema whole, OpenApiSchema field, string name, Bounds bounds)
    {
        if (bounds.IsRequired)
        {
            (whole.Required ??= new HashSet<string>()).Add(name);
            field.Type &= ~JsonSchemaType.Null;
        }

        SetBounds(field, bounds);
        field.MinItems = bounds.MinItems ?? field.MinItems;
        field.MaxItems = bounds.MaxItems ?? field.MaxItems;
        if (bounds.IsUnique)
            field.UniqueItems = true;
        if (bounds.Items is { } items && field.Items is OpenApiSchema item)
            SetBounds(item, items);
    }

    private static void SetBounds(OpenApiSchema field, Bounds bounds)
    {
        field.MinLength = bounds.MinLength ?? field.MinLength;
        field.MaxLength = bounds.MaxLength ?? field.MaxLength;
        field.Pattern = bounds.Pattern ?? field.Pattern;
        field.Maximum = Text(bounds.Max) ?? field.Maximum;
        field.MultipleOf = bounds.Step ?? field.MultipleOf;
        if (bounds.IsMinExcluded)
            field.ExclusiveMinimum = Text(bounds.Min);
        else
            field.Minimum = Text(bounds.Min) ?? field.Minimum;
        if (bounds.Choices.Count > 0)
            SetWords(field, bounds.Choices);
    }

    private static void SetWords(OpenApiSchema field, IReadOnlyList<string> words)
    {
        field.Enum = [.. words.Select(word => (JsonNode)word)];
        // An enumeration that does not list null does not let it in, whatever else the schema says.
        if (field.Type?.HasFlag(JsonSchemaType.Null) == true)
            field.Enum.Add(JsonNullSentinel.JsonNull);
    }

    private static string? Text(decimal? number) => number?.ToString(CultureInfo.InvariantCulture);

    private static void Explain(string name, OpenApiSchema field)
    {
        if (string.IsNullOrEmpty(field.Description))
            field.Description = FieldTexts.Of(name);
#pragma warning disable CS0618 // OpenAPI 3.0, which clients read today, has only the single example.
        field.Example ??= ExampleValues.Of(name, field);
#pragma warning restore CS0618
    }
}
