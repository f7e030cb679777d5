using System.Text.Json.Nodes;
using GpuGrants.Api.Access.Consents;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Pipeline.Submissions;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.OpenApi;

namespace GpuGrants.Api.Contract;

/// <summary>What an operation takes beside its body: the path's ids, the query parameters that it declares, and its headers.</summary>
internal static class Parameters
{
    public static void Add(OpenApiOperation operation, ApiDescription description)
    {
        var metadata = description.ActionDescriptor.EndpointMetadata;
        operation.Parameters ??= [];
        foreach (var path in operation.Parameters.OfType<OpenApiParameter>().Where(one => one.In == ParameterLocation.Path))
            Explain(path);
        foreach (var declared in metadata.OfType<QueryParameters>())
        foreach (var name in declared.Names)
            operation.Parameters.Add(Query(name, description, declared));
        if (metadata.OfType<TakesIdempotencyKey>().Any())
            operation.Parameters.Add(
                Header(
                    "Idempotency-Key",
                    $"Up to {IdempotencyKey.MaxLength} printable ASCII characters, bare or in quotes. The same key with "
                        + "the same call gets the same answer for at least 24 hours.",
                    new OpenApiSchema
                    {
                        Type = JsonSchemaType.String,
                        MinLength = 1,
                        MaxLength = IdempotencyKey.MaxLength + 2,
                        Pattern = "^[ -~]+$",
                    }
                )
            );
        if (metadata.OfType<MayPartnersAct>().Any())
            AddOnBehalf(operation.Parameters);
        if (metadata.OfType<TakesPreference>().Any())
            operation.Parameters.Add(
                Header(
                    "Prefer",
                    "return=minimal for an answer without a body (RFC 7240), where what was made can be read at its Location.",
                    new OpenApiSchema { Type = JsonSchemaType.String }
                )
            );
        if (metadata.OfType<TakesIfMatch>().Any())
            operation.Parameters.Add(
                Header(
                    "If-Match",
                    "The ETag that was read, several with commas between, or * for any version.",
                    new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1 },
                    required: true
                )
            );
    }

    /// <summary>For whom a partner's client acts.</summary>
    private static void AddOnBehalf(IList<IOpenApiParameter> parameters)
    {
        parameters.Add(Header(ActingFor.OrganizationHeader, "Of a partner: the organization for which it acts, by its consent.", Uuid()));
        parameters.Add(Header(ActingFor.PersonHeader, "Of a partner: the person for whom it asks, by their consent.", Uuid()));
    }

    private static OpenApiSchema Uuid() => new() { Type = JsonSchemaType.String, Format = "uuid" };

    /// <summary>A read that is answered by 304 to whoever has the version already.</summary>
    public static void AddIfNoneMatch(OpenApiOperation operation)
    {
        operation.Parameters ??= [];
        operation.Parameters.Add(
            Header(
                "If-None-Match",
                "ETags that the caller has. The answer is 304 without a body when one of them still holds.",
                new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1 }
            )
        );
    }

    private static void Explain(OpenApiParameter path)
    {
        path.Description ??= ParameterTexts.OfPath(path.Name!);
        path.Example ??= path.Schema is OpenApiSchema schema ? ExampleValues.Of(path.Name!, schema) : null;
    }

    private static OpenApiParameter Query(string name, ApiDescription description, QueryParameters declared)
    {
        var schema = name == "sort" ? SortOf(declared, description) : SchemaOf(name, description);
        if (declared.Several.Contains(name))
            return Several(name, schema);
        return new OpenApiParameter
        {
            Name = name,
            In = ParameterLocation.Query,
            Description =
                name == "sort" && description.ActionDescriptor.EndpointMetadata.OfType<Orders>().Any()
                    ? ParameterTexts.OwnSort
                    : ParameterTexts.Of(name),
            Schema = schema,
            Example = ExampleValues.Of(name, schema),
        };
    }

    /// <summary>A filter of several values, between commas.</summary>
    private static OpenApiParameter Several(string name, OpenApiSchema one) =>
        new()
        {
            Name = name,
            In = ParameterLocation.Query,
            Description = ParameterTexts.Of(name),
            Style = ParameterStyle.Form,
            Explode = false,
            Schema = new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Items = one,
                MinItems = 1,
                MaxItems = Filters.MaxValues,
            },
            Example = new JsonArray(ExampleValues.Of(name, one)),
        };

    private static OpenApiSchema SortOf(QueryParameters declared, ApiDescription description) =>
        description.ActionDescriptor.EndpointMetadata.OfType<Orders>().FirstOrDefault() is { } own
            ? Choice([.. own.Words])
            : Choice([.. declared.Names.Contains("updatedSince") ? ListOrder.Words : ListOrder.Words.Take(2)]);

    private static OpenApiParameter Header(string name, string text, OpenApiSchema schema, bool required = false) =>
        new()
        {
            Name = name,
            In = ParameterLocation.Header,
            Description = text,
            Required = required,
            Schema = schema,
            Example = ExampleValues.Of(name, schema),
        };

    private static OpenApiSchema SchemaOf(string name, ApiDescription description) =>
        name switch
        {
            "limit" => new OpenApiSchema
            {
                Type = JsonSchemaType.Integer,
                Minimum = "1",
                Maximum = "100",
                Default = Paging.DefaultLimit,
            },
            "dryRun" or "bom" or "count" or "descendants" => new OpenApiSchema { Type = JsonSchemaType.Boolean, Default = false },
            "format" => Choice("json", "csv"),
            "pending" or "livemode" => Choice("true", "false"),
            "order" => Choice("oldest", "fair-share"),
            "asOf" or "createdFrom" or "createdTo" or "updatedSince" or "servesFrom" or "servesUntil" or "until" => new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Format = "date-time",
            },
            "from" or "to" when description.RelativePath!.EndsWith("/diff", StringComparison.Ordinal) => new OpenApiSchema
            {
                Type = JsonSchemaType.Integer,
                Minimum = "1",
            },
            "from" or "to" => new OpenApiSchema { Type = JsonSchemaType.String, Format = "date-time" },
            "proposedBy" or "decidedBy" or "requestedBy" => new OpenApiSchema { Type = JsonSchemaType.String, Format = "uuid" },
            Expansions.Parameter => Choice([
                .. description.ActionDescriptor.EndpointMetadata.OfType<Expandable>().SelectMany(one => one.Words),
            ]),
            "externalId" => new OpenApiSchema { Type = JsonSchemaType.String },
            "gpus" or "minGpuMemoryGib" => new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1" },
            "maxRate" or "minGpuHours" or "minPeriodGpuHours" => new OpenApiSchema { Type = JsonSchemaType.Number, Minimum = "0" },
            _ when name.EndsWith("Id", StringComparison.Ordinal) => new OpenApiSchema { Type = JsonSchemaType.String, Format = "uuid" },
            _ => WordsOf(name, description) is { } words ? Choice([.. words]) : new OpenApiSchema { Type = JsonSchemaType.String },
        };

    /// <summary>A filter of a list takes the words that the member of the same name may have.</summary>
    private static IReadOnlyList<string>? WordsOf(string name, ApiDescription description) =>
        description.SupportedResponseTypes.FirstOrDefault(one => one.StatusCode == 200)?.Type is { IsGenericType: true } page
            ? Words.Of(SchemaNames.Of(page.GetGenericArguments()[0]), name)
            : null;

    private static OpenApiSchema Choice(params ReadOnlySpan<string> words)
    {
        var schema = new OpenApiSchema { Type = JsonSchemaType.String, Enum = [] };
        foreach (var word in words)
            schema.Enum.Add(word);
        return schema;
    }
}
