using System.Text.Json.Nodes;
using GpuGrants.Api.Access.Tokens;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace GpuGrants.Api.Contract;

/// <summary>What answers beside <c>/v1</c>: the token server by its RFCs, the service's health, this contract.</summary>
internal sealed class OtherPaths : IDocumentFilter
{
    private const string Json = "application/json";
    private const string PlainText = "text/plain";
    private const string Absent = "Absent when an external issuer makes the tokens.";

    public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context)
    {
        swaggerDoc.Components!.Headers = AnswerHeaders.In(swaggerDoc);
        swaggerDoc.Paths[TokenServer.TokenPath] = Path(HttpMethod.Post, Token(swaggerDoc));
        AddWellKnown(
            swaggerDoc,
            "/.well-known/openid-configuration",
            "getTokenServer",
            "Read the token server's metadata",
            "By RFC 8414: where its endpoints are and what it supports.",
            Answer("The metadata.", Json, Anything("Metadata by RFC 8414."))
        );
        AddWellKnown(
            swaggerDoc,
            "/.well-known/jwks",
            "listTokenKeys",
            "List the keys that sign tokens",
            "A JSON Web Key Set by RFC 7517.",
            Answer("The keys.", Json, Anything("A JSON Web Key Set."))
        );
        swaggerDoc.Paths["/health/live"] = Path(
            HttpMethod.Get,
            Open(swaggerDoc, "/health/live", "isLive", "Is the service alive?", "Says nothing about its database.", Health("It is."))
        );
        var ready = Open(
            swaggerDoc,
            "/health/ready",
            "isReady",
            "Is the service ready for calls?",
            "It is when its database answers.",
            Health("It is.")
        );
        ready.Responses!["503"] = Health("It is not.");
        swaggerDoc.Paths["/health/ready"] = Path(HttpMethod.Get, ready);
        var contract = Open(
            swaggerDoc,
            ContractPage.Address,
            "getContract",
            "Read this contract",
            "Compressed when the call accepts br or gzip. With If-None-Match and the ETag that was read "
                + "last, it answers 304 while nothing has changed.",
            Answer("The contract, OpenAPI 3.0.", Json, Anything("An OpenAPI document."))
        );
        contract.Responses!["304"] = new OpenApiResponse { Description = "It is the same as before." };
        foreach (var status in (ReadOnlySpan<string>)["200", "304"])
            AnswerHeaders.Add((OpenApiResponse)contract.Responses[status], swaggerDoc, "Content-ETag", "ETag");
        swaggerDoc.Paths[ContractPage.Address] = Path(HttpMethod.Get, contract);
    }

    /// <summary>A path of the token server, which is absent beside an external issuer.</summary>
    private static void AddWellKnown(
        OpenApiDocument document,
        string path,
        string id,
        string summary,
        string description,
        OpenApiResponse answer
    ) =>
        document.Paths[path] = Path(
            HttpMethod.Get,
            Open(
                document,
                path,
                id,
                summary,
                $"{description} {Absent}",
                answer,
                Problem(document, "An external issuer makes the tokens. Code: `not-found`."),
                "404"
            )
        );

    private static OpenApiOperation Token(OpenApiDocument document)
    {
        var operation = Open(
            document,
            TokenServer.TokenPath,
            "getToken",
            "Get an access token",
            "OAuth 2 client_credentials (RFC 6749, section 4.4): the client's id and secret in the form, or by HTTP "
                + "Basic. A partner exchanges the id of a consent for a token that acts for whom consented (RFC 8693). "
                + Absent,
            Answer("A token.", Json, TokenAnswer())
        );
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Description = "The form of RFC 6749.",
            Content = new Dictionary<string, IOpenApiMediaType> { ["application/x-www-form-urlencoded"] = Media(TokenForm()) },
        };
        foreach (
            var (status, text) in (ReadOnlySpan<(string, string)>)
                [("400", "The form is wrong."), ("401", "The client is unknown or its secret wrong.")]
        )
            operation.Responses![status] = Answer(text, Json, TokenError());
        operation.Responses!["429"] = Problem(document, "Too many tokens were asked for. Code: `rate-limited`.");
        // A form that cannot be read is refused before the token server sees it.
        ((OpenApiResponse)operation.Responses["400"]).Content!["application/problem+json"] = ProblemMedia(document);
        // Beside an external issuer this path is like any other that needs a token.
        ((OpenApiResponse)operation.Responses["401"]).Content!["application/problem+json"] = ProblemMedia(document);
        operation.Responses["503"] = Problem(document, "Try again. Code: `database-unavailable`.");
        foreach (var (_, answer) in operation.Responses)
        foreach (var header in (ReadOnlySpan<string>)["RateLimit", "RateLimit-Policy"])
            AnswerHeaders.Add((OpenApiResponse)answer, document, header);
        AnswerHeaders.Add((OpenApiResponse)operation.Responses["401"], document, "Token-Challenge", "WWW-Authenticate");
        foreach (var status in (ReadOnlySpan<string>)["429", "503"])
            AnswerHeaders.Add((OpenApiResponse)operation.Responses[status], document, "Retry-After");
        foreach (var status in (ReadOnlySpan<string>)["400", "401", "429", "503"])
            AnswerHeaders.Add((OpenApiResponse)operation.Responses[status], document, "Problem-Language", "Content-Language");
        return operation;
    }

    /// <summary>An operation that needs no token.</summary>
    private static OpenApiOperation Open(
        OpenApiDocument document,
        string path,
        string id,
        string summary,
        string description,
        OpenApiResponse answer,
        OpenApiResponse? refusal = null,
        string refusalStatus = "400"
    ) =>
        new()
        {
            OperationId = id,
            Summary = summary,
            Description = description,
            Tags = new HashSet<OpenApiTagReference> { new(Groups.Of(path), document) },
            Security = [],
            Responses = new OpenApiResponses
            {
                ["200"] = answer,
                [refusalStatus] = refusal ?? new OpenApiResponse { Description = "It is no HTTP that the server can read." },
            },
        };

    private static OpenApiPathItem Path(HttpMethod method, OpenApiOperation operation) =>
        new() { Operations = new Dictionary<HttpMethod, OpenApiOperation> { [method] = operation } };

    private static OpenApiResponse Health(string text) =>
        Answer(text, PlainText, new OpenApiSchema { Type = JsonSchemaType.String, Enum = ["Healthy", "Degraded", "Unhealthy"] });

    private static OpenApiResponse Problem(OpenApiDocument document, string text) =>
        new()
        {
            Description = text,
            Content = new Dictionary<string, IOpenApiMediaType> { ["application/problem+json"] = ProblemMedia(document) },
        };

    private static OpenApiMediaType ProblemMedia(OpenApiDocument document) =>
        new() { Schema = new OpenApiSchemaReference("Problem", document) };

    private static OpenApiResponse Answer(string text, string type, OpenApiSchema schema) =>
        new()
        {
            Description = text,
            Content = new Dictionary<string, IOpenApiMediaType> { [type] = Media(schema) },
        };

    private static OpenApiMediaType Media(OpenApiSchema schema) => new() { Schema = schema };

    private static OpenApiSchema Anything(string text) =>
        new()
        {
            Type = JsonSchemaType.Object,
            Description = text,
            AdditionalProperties = new OpenApiSchema(),
        };

    private static OpenApiSchema TokenForm() =>
        Object(
            ["grant_type"],
            ("grant_type", Word("client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange")),
            ("client_id", Text("The client's id; left out with HTTP Basic.", "cl_0190f5d28c1e7c3a9b1d2f3e4a5b6c7d")),
            ("client_secret", Text("The client's secret; left out with HTTP Basic.", "gg_shown-once")),
            ("scope", Text("Scopes, with spaces between; all that the client may use when left out.", "read request")),
            ("subject_token", Text("Of a token exchange: the id of a consent.", "0190f5d2-8c1e-7c3a-9b1d-2f3e4a5b6c7d")),
            ("subject_token_type", Word(TokenExchange.ConsentType)),
            ("requested_token_type", Word("urn:ietf:params:oauth:token-type:access_token"))
        );

    private static OpenApiSchema TokenAnswer() =>
        Object(
            ["access_token", "token_type", "expires_in"],
            ("access_token", Text("Send it as Authorization: Bearer.", "eyJ0eXAiOiJhdCtqd3QifQ.e30.c2ln")),
            ("token_type", Word("Bearer")),
            (
                "expires_in",
                new OpenApiSchema
                {
                    Type = JsonSchemaType.Integer,
                    Description = "Seconds until it expires.",
                    Minimum = "0",
                }
            ),
            ("issued_token_type", Word("urn:ietf:params:oauth:token-type:access_token")),
            ("scope", Text("The scopes of the token.", "read request"))
        );

    private static OpenApiSchema TokenError() =>
        Object(
            ["error"],
            ("error", Text("A code of RFC 6749, section 5.2.", "invalid_client")),
            ("error_description", Text("What is wrong.", "The client is unknown, revoked or expired, or its secret is wrong.")),
            ("error_uri", Text("Where more is said.", "https://documentation.openiddict.com/errors/ID2055"))
        );

    private static OpenApiSchema Object(string[] required, params ReadOnlySpan<(string Name, OpenApiSchema Schema)> members)
    {
        var schema = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Required = required.ToHashSet(),
            Properties = new Dictionary<string, IOpenApiSchema>(),
            AdditionalPropertiesAllowed = false,
        };
        foreach (var (name, member) in members)
            schema.Properties[name] = member;
        return schema;
    }

    private static OpenApiSchema Text(string text, JsonNode example) =>
        new()
        {
            Type = JsonSchemaType.String,
            Description = text,
#pragma warning disable CS0618 // OpenAPI 3.0 has only the single example.
            Example = example,
#pragma warning restore CS0618
        };

    private static OpenApiSchema Word(params ReadOnlySpan<string> words) =>
        new() { Type = JsonSchemaType.String, Enum = [.. words.ToArray()] };
}
