using GpuGrants.Api.Access;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;

namespace GpuGrants.Api.Tests.Access;

public sealed class ScopeRuleTests
{
    [Fact]
    public void An_endpoint_that_names_no_scope_keeps_the_service_from_starting()
    {
        var named = Endpoint("GET /v1/grants", new ScopeRule([Scopes.Read]));
        var forStrangers = Endpoint("POST /v1/sign-ups", new AllowAnonymousAttribute());
        ScopeRule.RequireOnAll([named, forStrangers]);
        var refused = Assert.Throws<InvalidOperationException>(() => ScopeRule.RequireOnAll([named, Endpoint("POST /v1/open")]));
        Assert.Contains("POST /v1/open", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("grants", refused.Message, StringComparison.Ordinal);
    }

    private static Endpoint Endpoint(string name, params object[] metadata) =>
        new(_ => Task.CompletedTask, new EndpointMetadataCollection(metadata), name);
}
