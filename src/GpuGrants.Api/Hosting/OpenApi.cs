using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace GpuGrants.Api.Hosting;

/// <summary>The API's contract and its page.</summary>
internal static class OpenApi
{
    public const string Document = "v1";

    public static void AddContract(this IServiceCollection services)
    {
        services.AddEndpointsApiExplorer();
        services.AddSwaggerGen(options =>
        {
            options.SwaggerDoc(
                Document,
                new OpenApiInfo
                {
                    Title = "GpuGrants",
                    Version = "1",
                    Description =
                        "Startups, lone developers and students ask for small amounts of GPU time. When the rules allow it, the answer contains the grant. GPU time is in GPU-hours in steps of 0.01. Credits have at most three decimals. Times are ISO 8601 in UTC. Ids are UUIDs.",
                }
            );
            foreach (var xml in (ReadOnlySpan<string>)["GpuGrants.Api.xml", "GpuGrants.xml"])
                if (Path.Combine(AppContext.BaseDirectory, xml) is var path && File.Exists(path))
                    options.IncludeXmlComments(path);
            options.UseAllOfToExtendReferenceSchemas();
            options.NonNullableReferenceTypesAsRequired();
            options.SupportNonNullableReferenceTypes();
            options.CustomSchemaIds(Name);
            options.OperationFilter<Operations>();
            options.SchemaFilter<Examples>();
            options.AddSecurityDefinition(
                "oauth2",
                new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.OAuth2,
                    Description = "client_credentials: an API client's id and secret.",
                    Flows = new OpenApiOAuthFlows
                    {
                        ClientCredentials = new OpenApiOAuthFlow
                        {
                            TokenUrl = new Uri(TokenServer.TokenPath, UriKind.Relative),
                            Scopes = Scopes.Descriptions.ToDictionary(),
                        },
                    },
                }
            );
            options.AddSecurityRequirement(document => new OpenApiSecurityRequirement
            {
                [new OpenApiSecuritySchemeReference("oauth2", document)] = [],
            });
        });
    }

    public static void MapContract(this WebApplication app)
    {
        app.UseSwagger(options =>
        {
            options.RouteTemplate = "openapi/{documentName}.json";
            options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_0;
        });
        app.UseSwaggerUI(options =>
        {
            options.RoutePrefix = "docs";
            options.DocumentTitle = "GpuGrants API";
            options.SwaggerEndpoint($"/openapi/{Document}.json", "GpuGrants v1");
            options.OAuthUseBasicAuthenticationWithAccessCodeGrant();
        });
    }

    private static string Name(Type type) =>
        type.IsGenericType
            ? type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]
                + "Of"
                + string.Join("And", type.GetGenericArguments().Select(Name))
        : type.Name.EndsWith("View", StringComparison.Ordinal) ? type.Name[..^4]
        : type.Name;

    /// <summary>Adds what minimal APIs do not tell: query parameters, headers, tags, scopes.</summary>
    private sealed class Operations : IOperationFilter
    {
        public void Apply(OpenApiOperation operation, OperationFilterContext context)
        {
            var metadata = context.ApiDescription.ActionDescriptor.EndpointMetadata;
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
                    Parameter("If-Match", ParameterLocation.Header, "The ETag that was read, or * for any version.", required: true)
                );
            operation.Tags = new HashSet<OpenApiTagReference> { new(Tag(context.ApiDescription.RelativePath!), context.Document) };
            if (metadata.OfType<ScopeRule>().FirstOrDefault() is { } rule)
            {
                operation.Description += $" Scope: {string.Join(" or ", rule.AnyOf.Select(scope => $"`{scope}`"))}.";
                operation.Security =
                [
                    .. rule.AnyOf.Select(scope => new OpenApiSecurityRequirement
                    {
                        [new OpenApiSecuritySchemeReference("oauth2", context.Document)] = [scope],
                    }),
                ];
            }
        }

        private static string Tag(string path) => path.Split('/') is [_, var resource, ..] ? resource : path;

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
                    "dryRun" or "bom" => JsonSchemaType.Boolean,
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

    /// <summary>Gives every field a description and an example: its own, or those of its name and type.</summary>
    private sealed class Examples : ISchemaFilter
    {
        public void Apply(IOpenApiSchema schema, SchemaFilterContext context)
        {
            if (schema is not OpenApiSchema { Properties: { } properties })
                return;
            foreach (var (name, property) in properties)
            {
                if (property is not OpenApiSchema field)
                    continue;
                if (string.IsNullOrEmpty(field.Description))
                    field.Description = FieldTexts.Of(name);
#pragma warning disable CS0618 // OpenAPI 3.0, which clients read today, has only the single example.
                field.Example ??= ExampleValues.Of(name, field);
#pragma warning restore CS0618
            }
        }
    }
}
