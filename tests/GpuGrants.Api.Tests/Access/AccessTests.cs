using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using GpuGrants.Api.Access;
using GpuGrants.Api.Tests.World;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace GpuGrants.Api.Tests.Access;

/// <summary>Every endpoint times every kind of caller.</summary>
public sealed partial class AccessTests
{
    [Fact]
    public async Task Every_endpoint_stands_in_the_table_and_names_a_scope()
    {
        await using var world = await TestWorld.StartAsync();
        var endpoints = Endpoints(world).Where(one => !IsOpen(one)).ToList();
        var missing = endpoints.Select(Name).Except(AccessTable.Rows.Select(row => row.Endpoint)).ToList();
        Assert.True(
            missing.Count == 0,
            "Say in tests/GpuGrants.Api.Tests/Access/AccessTable.cs whom these endpoints let in, a line each:\n"
                + string.Join('\n', missing.Select(name => $"        new(\"{name}\", \"Y NN N NN N NNNN\"),"))
        );
        Assert.Empty(AccessTable.Rows.Select(row => row.Endpoint).Except(endpoints.Select(Name)));
        Assert.All(endpoints, endpoint => Assert.NotNull(endpoint.Metadata.GetMetadata<ScopeRule>()));
    }

    [Fact]
    public async Task Only_health_pages_signing_up_and_the_links_of_mail_are_open()
    {
        await using var world = await TestWorld.StartAsync();
        Assert.Equal(
            [
                "/",
                "/consent/{code}",
                "/health/live",
                "/health/ready",
                "/mail/unsubscribe/{person:guid}/{kind}/{signature}",
                "/mail/unsubscribe/{person:guid}/{kind}/{signature}",
                "/openapi/v1.json",
                "/problems/{code}",
                "/v1/confirmations/{id:guid}/confirm",
                "/v1/confirmations/{id:guid}/withdraw",
                "/v1/invitations/{id:guid}/accept",
                "/v1/partner-sign-ups/{id:guid}/confirm",
                "/v1/recoveries",
                "/v1/recoveries/{id:guid}/confirm",
                "/v1/sign-ups",
                "/v1/sign-ups/{id:guid}/confirm",
                "/v1/terms",
                "/v1/terms/{id:guid}",
            ],
            Endpoints(world).Where(IsOpen).Select(one => one.RoutePattern.RawText!).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task Programmes_offers_and_models_alone_are_read_with_a_token_or_without()
    {
        await using var world = await TestWorld.StartAsync();
        Assert.Equal(
            [
                "GET /v1/gpu-models",
                "GET /v1/gpu-models/{id}",
                "GET /v1/offers",
                "GET /v1/offers/search",
                "GET /v1/offers/{id:guid}",
                "GET /v1/programmes",
                "GET /v1/programmes/{id:guid}",
            ],
            Endpoints(world).Where(IsForStrangers).Select(Name).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task Nobody_is_let_in_without_a_token_or_without_the_scope()
    {
        await using var world = await TestWorld.StartAsync();
        var cast = await Cast.EnterAsync(world);
        var lacking = new Dictionary<string, Person>();
        async Task<Person> LackingAsync(IReadOnlyList<string> scopes) =>
            lacking.TryGetValue(string.Join(' ', scopes), out var known)
                ? known
                : lacking[string.Join(' ', scopes)] = world.Admin.WithToken(
                    await world.Admin.NewTokenAsync(string.Join(' ', Scopes.Descriptions.Keys.Except(scopes)))
                );
        foreach (var endpoint in Endpoints(world).Where(one => !IsOpen(one)))
        {
            var row = AccessTable.Rows.Single(one => one.Endpoint == Name(endpoint));
            using var bare = new HttpRequestMessage(row.Method, cast.Path(row.Pattern));
            var nobody = await Person.SendAsync(world.Http, bare);
            if (IsForStrangers(endpoint))
                nobody.Expect(HttpStatusCode.OK);
            else
                nobody.ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
            (
                await row.CallAsync(cast, await LackingAsync(endpoint.Metadata.GetMetadata<ScopeRule>()!.AnyOf), cast.Path(row.Pattern))
            ).ExpectProblem(HttpStatusCode.Forbidden, "scope-missing");
        }
    }

    [Fact]
    public async Task Every_kind_of_caller_gets_what_the_table_says()
    {
        await using var world = await TestWorld.StartAsync();
        var cast = await Cast.EnterAsync(world);
        var wrong = new List<string>();
        foreach (var row in AccessTable.Rows)
        {
            var found = new char[cast.Callers.Count];
            // The least entitled first, so that what they did is still there for the others.
            for (var i = cast.Callers.Count - 1; i >= 0; i--)
                found[i] = await AnswerAsync(row, cast, cast.Callers[i].Person);
            if (new string(found) != row.Letters)
                wrong.Add($"{row.Endpoint}\n  expected {row.Letters}\n  answered {new string(found)}");
        }

        Assert.True(
            wrong.Count == 0,
            "Callers, in this order: " + string.Join(", ", cast.Callers.Select(one => one.Name)) + "\n" + string.Join('\n', wrong)
        );
    }

    [Fact]
    public async Task A_body_may_be_left_out_exactly_where_the_contract_says_so()
    {
        await using var world = await TestWorld.StartAsync();
        var cast = await Cast.EnterAsync(world);
        var paths = JsonNode.Parse(await File.ReadAllTextAsync(Repository.File("openapi", "v1.json")))!["paths"]!;
        var (wrong, needed, left) = (new List<string>(), 0, 0);
        foreach (
            var row in AccessTable.Rows.Where(row => row.Method == HttpMethod.Post && row.Letters.Contains('Y', StringComparison.Ordinal))
        )
        {
            if (paths[Constraint().Replace(row.Pattern, "")]!["post"]!["requestBody"] is not { } body)
                continue;
            var isNeeded = body["required"]?.GetValue<bool>() == true;
            var path = row.Path is { } make ? await make(cast) : cast.Path(row.Pattern);
            var caller = cast.Callers[row.Letters.IndexOf('Y', StringComparison.Ordinal)].Person;
            var reply = await caller.Send(HttpMethod.Post, path, null, [("If-Match", "\"999999\"")]);
            // Nobody of the cast signed up, so some are refused before their body is read.
            var asksForBody =
                reply.Status is HttpStatusCode.UnsupportedMediaType || (isNeeded && reply.Body?["code"]?.ToString() == "no-person");
            if (isNeeded != asksForBody || reply.Status == HttpStatusCode.BadRequest)
                wrong.Add($"{row.Endpoint}: required is {isNeeded}, and the answer {(int)reply.Status} {reply.Text}");
            (needed, left) = isNeeded ? (needed + 1, left) : (needed, left + 1);
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(needed > 40 && left > 5, $"{needed} bodies are needed, {left} may be left out.");
    }

    [Fact]
    public async Task A_role_on_a_programme_holds_below_it_and_not_above()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var below = await world.Programme(parentId: scene.Programme, terms: new { ownBudget = false });
        var (above, under) = (await world.Reviewer(scene.Programme), await world.Reviewer(below));
        var (asked, askedBelow) = (await scene.Startup.Ask(scene.Programme, 20), await scene.Startup.Ask(below, 20));
        (await above.Get($"/v1/requests/{askedBelow.Id}")).Expect(HttpStatusCode.OK);
        (await under.Get($"/v1/requests/{askedBelow.Id}")).Expect(HttpStatusCode.OK);
        (await under.Get($"/v1/requests/{asked.Id}")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        (await under.Post($"/v1/requests/{asked.Id}/deny", new { reason = "No" }, ("If-Match", asked.ETag))).ExpectProblem(
            HttpStatusCode.NotFound,
            "not-found"
        );
        (await above.Post($"/v1/requests/{askedBelow.Id}/deny", new { reason = "No" }, ("If-Match", askedBelow.ETag))).Expect(
            HttpStatusCode.OK
        );
    }

    [Fact]
    public async Task A_role_that_was_taken_away_lets_in_no_more()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var asked = await scene.Startup.Ask(scene.Programme, 20);
        var reviewer = await world.Reviewer(scene.Programme);
        (await reviewer.Get($"/v1/requests/{asked.Id}")).Expect(HttpStatusCode.OK);
        (await world.Admin.Delete($"/v1/programmes/{scene.Programme}/members/{reviewer.PrincipalId}")).Expect(HttpStatusCode.NoContent);
        (await reviewer.Get($"/v1/requests/{asked.Id}")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task Usage_of_a_strangers_grant_is_refused_as_that_of_none()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var grant = (await scene.Startup.Ask(scene.Programme, 5)).Text_("grantId");
        var (_, stranger) = await world.Provider("Other Cloud");
        var before = await world.FingerprintAsync();
        string[] answers = [await Refusal(grant), await Refusal(Guid.CreateVersion7().ToString())];
        Assert.Equal(answers[0], answers[1]);
        Assert.Equal(before, await world.FingerprintAsync());

        async Task<string> Refusal(string grantId)
        {
            var id = Guid.Parse("0190f5d2-8c1e-7c3a-9b1d-2f3e4a5b6c7d");
            var records = new[]
            {
                new
                {
                    id,
                    grantId,
                    gpus = 1,
                    startedAt = world.Now.AddMinutes(-2),
                    endedAt = world.Now.AddMinutes(-1),
                },
            };
            return (await stranger.Post("/v1/usage-records", new { records })).Expect(HttpStatusCode.OK).Text;
        }
    }

    private static async Task<char> AnswerAsync(AccessRow row, Cast cast, Person person)
    {
        var path = row.Path is { } make ? await make(cast) : cast.Path(row.Pattern);
        var reply = await row.CallAsync(cast, person, path);
        return reply.Status switch
        {
            HttpStatusCode.OK or HttpStatusCode.Created or HttpStatusCode.Accepted or HttpStatusCode.NoContent => row.Shows is null
            || reply.Text.Contains(row.Shows(cast), StringComparison.Ordinal)
                ? 'Y'
                : 'E',
            HttpStatusCode.Conflict or HttpStatusCode.PreconditionFailed => 'Y',
            HttpStatusCode.Forbidden => 'F',
            HttpStatusCode.NotFound when await IsAsMissing(row, cast, person, reply) => 'N',
            HttpStatusCode.BadRequest => 'B',
            _ => throw new Xunit.Sdk.XunitException($"{row.Endpoint}: {(int)reply.Status} {reply.Text}"),
        };
    }

    /// <summary>Whether what is hidden answers as what was never there, to the byte but for the trace's id.</summary>
    private static async Task<bool> IsAsMissing(AccessRow row, Cast cast, Person person, Reply hidden)
    {
        var missing = await row.CallAsync(cast, person, Cast.MissingPath(row.Pattern));
        return missing.Status == hidden.Status
            && WithoutTrace(missing.Text) == WithoutTrace(hidden.Text)
            && Headers(missing) == Headers(hidden);
    }

    [GeneratedRegex(":(guid|int)")]
    private static partial Regex Constraint();

    private static string WithoutTrace(string text)
    {
        var body = JsonNode.Parse(text)!.AsObject();
        body.Remove("traceId");
        return body.ToJsonString();
    }

    private static string Headers(Reply reply) =>
        string.Join(
            ',',
            reply.Message.Headers.Concat(reply.Message.Content.Headers).Select(pair => pair.Key).Order(StringComparer.Ordinal)
        );

    private static IEnumerable<RouteEndpoint> Endpoints(TestWorld world) =>
        world.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();

    private static bool IsForStrangers(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<OpenToStrangers>() is not null;

    private static bool IsOpen(RouteEndpoint endpoint) =>
        endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null && !IsForStrangers(endpoint);

    private static string Name(RouteEndpoint endpoint) =>
        $"{endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Single()} {endpoint.RoutePattern.RawText}";
}
