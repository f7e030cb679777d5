using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Tokens;
using Microsoft.OpenApi;

namespace GpuGrants.Api.Contract;

/// <summary>The API's contract, at <c>/openapi/v1.json</c>, and its page, at <c>/docs</c>.</summary>
public static class ContractPage
{
    public const string Document = "v1";

    public const string Address = $"/openapi/{Document}.json";

    private const string Introduction = """
        A startup, a lone developer or a student asks for a small amount of GPU time. When the rules allow it, the answer already holds a
        grant. Otherwise the answer says why, and a person decides.

        Units: GPU time is in GPU-hours in steps of 0.01; 2 GPUs for an hour are 2 GPU-hours. Credits have at most three decimals.
        Moments are ISO 8601 in UTC, ids are UUIDs.

        Errors are problem documents (RFC 9457). Programs go by their `code`, people by their `detail`. Each answer of an operation lists
        its codes as `x-codes`.
        """;

    public static void AddContract(this IServiceCollection services)
    {
        services.AddSingleton<ContractDocument>();
        services.AddEndpointsApiExplorer();
        services.AddSwaggerGen(options =>
        {
            options.SwaggerDoc(
                Document,
                new OpenApiInfo
                {
                    Title = "GpuGrants",
                    Version = "1",
                    Description = Introduction,
                    Contact = new OpenApiContact { Name = "Whoever runs this service" },
                    License = new OpenApiLicense { Name = "Apache-2.0", Url = new Uri("https://www.apache.org/licenses/LICENSE-2.0") },
                }
            );
            options.AddServer(new OpenApiServer { Url = "/", Description = "This service" });
            foreach (var xml in (ReadOnlySpan<string>)["GpuGrants.Api.xml", "GpuGrants.xml"])
                if (Path.Combine(AppContext.BaseDirectory, xml) is var path && File.Exists(path))
                    options.IncludeXmlComments(path);
            options.UseAllOfToExtendReferenceSchemas();
            options.NonNullableReferenceTypesAsRequired();
            options.SupportNonNullableReferenceTypes();
            options.CustomSchemaIds(SchemaNames.Of);
            options.SchemaFilter<Fields>();
            options.OperationFilter<Operations>();
            options.DocumentFilter<OtherPaths>();
            options.DocumentFilter<Groups>();
            options.DocumentFilter<Leftovers>();
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
        });
    }

    public static void MapContract(this WebApplication app)
    {
        app.MapMethods(
                Address,
                [HttpMethods.Get, HttpMethods.Head],
                (HttpContext http, ContractDocument document) => document.AnswerAsync(http)
            )
            .AllowAnonymous()
            .ExcludeFromDescription();
        app.UseSwaggerUI(options =>
        {
            options.RoutePrefix = "docs";
            options.DocumentTitle = "GpuGrants API";
            options.SwaggerEndpoint(Address, "GpuGrants v1");
            options.OAuthUseBasicAuthenticationWithAccessCodeGrant();
        });
    }
}
