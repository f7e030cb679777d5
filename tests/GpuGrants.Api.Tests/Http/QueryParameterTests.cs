using System.Net;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Tests.World;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace GpuGrants.Api.Tests.Http;

/// <summary>Under <c>/v1</c> each endpoint reads the query parameters that it declares, and refuses all others.</summary>
public sealed class QueryParameterTests
{
    [Fact]
    public async Task Every_endpoint_refuses_a_query_parameter_that_it_does_not_declare_and_names_those_that_it_does()
    {
        await using var world = await TestWorld.StartAsync();
        var endpoints = world
            .Services.GetRequiredService<EndpointDataSource>()
            .Endpoints.OfType<RouteEndpoint>()
            .Where(one => one.RoutePattern.RawText!.StartsWith("/v1/", StringComparison.Ordinal))
            .ToList();
        Assert.True(endpoints.Count > 90);
        foreach (var endpoint in endpoints)
        {
            var method = new HttpMethod(endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0]);
            var body = method == HttpMethod.Get || method == HttpMethod.Delete ? null : new { };
            var path = PathOf(endpoint);
            var reply = await world.Admin.Send(method, $"{path}?nope=1", body, [Person.AnyVersion]);
            reply.ExpectProblem(HttpStatusCode.BadRequest, "malformed", "nope");
            foreach (var name in endpoint.Metadata.GetOrderedMetadata<QueryParameters>().SelectMany(one => one.Names))
                Assert.Contains(name, reply.Text_("detail"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_parameter_in_another_letter_case_is_another_parameter()
    {
        await using var world = await TestWorld.StartAsync();
        (await world.Admin.Get("/v1/requests?Limit=5")).ExpectProblem(HttpStatusCode.BadRequest, "malformed", "Limit");
        (await world.Admin.Get("/v1/requests?limit=5")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_token_server_and_its_metadata_ignore_what_they_do_not_know_as_their_rfcs_say()
    {
        await using var world = await TestWorld.StartAsync();
        using var form = new FormUrlEncodedContent(
            new Dictionary<string, string>
            {
                ["grant_type"] = "client_credentials",
                ["client_id"] = world.Admin.ClientId,
                ["client_secret"] = world.Admin.ClientSecret,
                ["nope"] = "1",
            }
        );
        Assert.Equal(HttpStatusCode.OK, (await world.Http.PostAsync("/oauth/token?nope=1", form)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await world.Http.GetAsync("/.well-known/openid-configuration?nope=1")).StatusCode);
    }

    private static string PathOf(RouteEndpoint endpoint) =>
        string.Join(
            '/',
            endpoint.RoutePattern.PathSegments.Select(segment =>
                segment.Parts[0] switch
                {
                    Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal => literal.Content,
                    Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart { Name: "number" } => "1",
                    _ => Guid.NewGuid().ToString(),
                }
            )
        );
}
