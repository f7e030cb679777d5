using System.Globalization;
using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace GpuGrants.Api.Contract;

/// <summary>Adds what minimal APIs do not tell: parameters, headers of answers, group and scopes.</summary>
internal sealed class Operations : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var metadata = context.ApiDescription.ActionDescriptor.EndpointMetadata;
        operation.Tags = new HashSet<OpenApiTagReference> { new(Groups.Of(context.ApiDescription.RelativePath!), context.Document) };
        AddParameters(operation, metadata);
        AddScopes(operation, metadata, context.Document);
        foreach (var (status, answer) in operation.Responses ?? [])
            if (answer is OpenApiResponse response)
                Complete(response, int.Parse(status, CultureInfo.InvariantCulture), operation.OperationId!, context.ApiDescription);
    }

    private static void Complete(OpenApiResponse answer, int status, string operation, ApiDescription description)
    {
        var metadata = description.ActionDescriptor.EndpointMetadata;
        var made = description.SupportedResponseTypes.FirstOrDefault(one => one.StatusCode == status)?.Type;
        AnswerHeaders.Add(answer, status, metadata, made?.GetProperty("Version") is not null);
        if (status >= 400)
            AnswerCodes.Add(answer, status, operation, goesThroughPipeline: description.HttpMethod != HttpMethods.Get);
        else
            answer.Description = status switch
            {
                201 => "It was made.",
                202 => "It was taken on and is not done yet.",
                204 => "It is gone.",
                _ => "All is well.",
            };
        if (status == 200 && metadata.OfType<QueryParameters>().Any(one => one.Names.Contains("format")))
            AddCsv(answer);
    }

    /// <summary>The same as a table, for those who ask for <c>format=csv</c> or accept it alone.</summary>
    private static void AddCsv(OpenApiResponse answer)
    {
        answer.Content!["text/csv"] = new OpenApiMediaType
        {
            Schema = new OpenApiSchema { Type = JsonSchemaType.String, Description = "A table by RFC 4180 with a line of names first." },
        };
        answer.Headers!["Content-Disposition"] = AnswerHeaders.FileName;
    }

    private static void AddParameters(OpenApiOperation operation, IList<object> metadata)
    {
        operation.Parameters ??= [];
        foreach (var path in operation.Parameters.OfType<OpenApiParameter>().Where(one => one.In == ParameterLocation.Path))
            Explain(path);
        foreach (var name in metadata.OfType<QueryParameters>().SelectMany(one => one.Names))
            operation.Parameters.Add(Parameter(name, ParameterLocation.Query, ParameterTexts.Of(name)));
        if (metadata.OfType<TakesIdempotencyKey>().Any())
            operation.Parameters.Add(
                Parameter(
                    "Idempotency-Key",
                    ParameterLocation.Header,
                    "Up to 255 printable characters. The same key with the same call gets the same answer for at least 24 hours."
                )
            );
        if (metadata.OfType<TakesIfMatch>().Any())
            operation.Parameters.Add(
                Parameter("If-Match", ParameterLocation.Header, "The ETag that was read, or * for whatever is there.", required: true)
            );
    }

    private static void AddScopes(OpenApiOperation operation, IList<object> metadata, OpenApiDocument document)
    {
        if (metadata.OfType<ScopeRule>().FirstOrDefault() is not { } rule)
        {
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("oauth2", document)] = [] }];
            return;
        }

        operation.Description += $" Scope: {string.Join(" or ", rule.AnyOf.Select(scope => $"`{scope}`"))}.";
        operation.Security =
        [
            .. rule.AnyOf.Select(scope => new OpenApiSecurityRequirement
            {
                [new OpenApiSecuritySchemeReference("oauth2", document)] = [scope],
            }),
        ];
    }

    private static void Explain(OpenApiParameter path)
    {
        path.Description ??= ParameterTexts.OfPath(path.Name!);
        path.Example ??= path.Schema is OpenApiSchema schema ? ExampleValues.Of(path.Name!, schema) : null;
    }

    private static OpenApiParameter Parameter(string name, ParameterLocation place, string text, bool required = false)
    {
        var schema = new OpenApiSchema
        {
            Type = name switch
            {
                "limit" => JsonSchemaType.Integer,
                "dryRun" => JsonSchemaType.Boolean,
                _ => JsonSchemaType.String,
            },
        };
        return new()
        {
            Name = name,
            In = place,
            Description = text,
            Required = required,
            Schema = schema,
            Example = ExampleValues.Of(name, schema),
        };
    }
}
