using System.Globalization;
using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Ledger;
using GpuGrants.Api.Usage;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace GpuGrants.Api.Contract;

/// <summary>Adds what minimal APIs do not tell: parameters, headers of answers, group and scopes.</summary>
internal sealed class Operations : IOperationFilter
{
    /// <summary>Operations that make something, and whose dry run makes nothing that has a version.</summary>
    private static readonly string[] DryRuns = ["submitRequest", "topUpGrant", "extendGrant", "renewGrant", "moveGrant"];

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var metadata = context.ApiDescription.ActionDescriptor.EndpointMetadata;
        operation.Tags = new HashSet<OpenApiTagReference> { new(Groups.Of(context.ApiDescription.RelativePath!), context.Document) };
        Parameters.Add(operation, context.ApiDescription);
        AddScopes(operation, metadata, context.Document);
        operation.Deprecated = metadata.OfType<DeprecatedSince>().Any();
        MediaExamples.AddSent(operation);
        AddFormats(operation);
        if (
            operation.RequestBody is OpenApiRequestBody body
            && context.ApiDescription.HttpMethod == HttpMethods.Post
            && metadata.OfType<IAcceptsMetadata>().FirstOrDefault()?.RequestType is { } type
        )
            body.Required = !BodyBounds.MayBeEmpty(type);
        foreach (var (status, answer) in (operation.Responses ?? []).ToList())
            if (
                answer is OpenApiResponse response
                && !TryComplete(response, int.Parse(status, CultureInfo.InvariantCulture), operation.OperationId!, context)
            )
                operation.Responses!.Remove(status);
        AddNotModified(operation, context);
    }

    /// <summary>A read of what has an ETag is answered without a body to whoever has that version.</summary>
    private static void AddNotModified(OpenApiOperation operation, OperationFilterContext context)
    {
        if (
            context.ApiDescription.HttpMethod != HttpMethods.Get
            || operation.Responses?.GetValueOrDefault("200") is not OpenApiResponse { Headers: { } headers }
            || !headers.ContainsKey("ETag")
        )
            return;
        Parameters.AddIfNoneMatch(operation);
        var answer = new OpenApiResponse { Description = "It is still the version that `If-None-Match` names." };
        foreach (var header in (string[])["ETag", "RateLimit", "RateLimit-Policy"])
            AnswerHeaders.Add(answer, context.Document, header);
        operation.Responses["304"] = answer;
    }

    /// <summary>Headers and codes of an answer, and what it is in words; false when the operation never gives it.</summary>
    private static bool TryComplete(OpenApiResponse answer, int status, string operation, OperationFilterContext context)
    {
        var description = context.ApiDescription;
        var metadata = description.ActionDescriptor.EndpointMetadata;
        var made = description.SupportedResponseTypes.FirstOrDefault(one => one.StatusCode == status)?.Type;
        // A dry run answers 200 where the call answers 201, and makes nothing that has a version.
        var isVersioned = made is not null && HasVersion(made) && !(status == 200 && DryRuns.Contains(operation));
        foreach (var header in AnswerHeaders.Of(status, metadata, isVersioned))
            AnswerHeaders.Add(answer, context.Document, header);
        if (status < 400)
            answer.Description = status switch
            {
                201 => "It was made.",
                202 => "It was taken on and is not done yet.",
                204 => "It is gone.",
                _ => "All is well.",
            };
        else if (
            !AnswerCodes.Add(
                answer,
                status,
                operation,
                goesThroughPipeline: description.HttpMethod != HttpMethods.Get,
                mayPartnersAct: metadata.OfType<MayPartnersAct>().Any()
            )
        )
            return false;
        if (status == 200 && metadata.OfType<QueryParameters>().Any(one => one.Names.Contains("format")))
            AddCsv(answer);
        if (status == 200 && metadata.OfType<StreamsEvents>().Any())
            AddStream(answer);
        MediaExamples.Add(answer, status, operation);
        return true;
    }

    /// <summary>A version that is the resource's ETag. An account's counts its transfers.</summary>
    private static bool HasVersion(Type made) => made.GetProperty("Version") is not null && made != typeof(AccountView);

    /// <summary>The same as a table, for those who ask for <c>format=csv</c> or accept it alone.</summary>
    private static void AddCsv(OpenApiResponse answer)
    {
        answer.Content!["text/csv"] = new OpenApiMediaType
        {
            Schema = new OpenApiSchema { Type = JsonSchemaType.String, Description = "A table by RFC 4180 with a line of names first." },
        };
    }

    /// <summary>The same as it happens, for those who accept a stream of events.</summary>
    private static void AddStream(OpenApiResponse answer) =>
        answer.Content!["text/event-stream"] = new OpenApiMediaType
        {
            Schema = new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Description = "Server-sent events: the name is the event's type, the data one event, the id a cursor.",
            },
        };

    /// <summary>The same in other formats, which no schema of the body describes.</summary>
    private static void AddFormats(OpenApiOperation operation)
    {
        foreach (var (type, description) in UsageFormats.Descriptions)
            if (operation.RequestBody?.Content is { } content && content.ContainsKey(type))
                content[type] = new OpenApiMediaType
                {
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String, Description = description },
                };
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
        if (!metadata.OfType<OpenToStrangers>().Any())
            return;
        operation.Description += " Works without a token too.";
        operation.Security.Add(new OpenApiSecurityRequirement());
    }
}
