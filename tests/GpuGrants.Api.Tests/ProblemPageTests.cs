using System.Net;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests;

/// <summary>The type of a problem is the address of a page that says what to do.</summary>
public sealed class ProblemPageTests
{
    [Fact]
    public async Task Every_code_has_a_page_with_its_remedy_for_everybody()
    {
        await using var world = await TestWorld.StartAsync();
        var refused = (await world.Admin.Get("/v1/requests?nonsense=1")).ExpectProblem(HttpStatusCode.BadRequest, "malformed");
        Assert.Contains("What to do", await world.Http.GetStringAsync(refused.Text_("type")), StringComparison.Ordinal);
        foreach (var kind in ProblemKinds.All)
        {
            var page = WebUtility.HtmlDecode(await world.Http.GetStringAsync($"/problems/{kind.Code}"));
            Assert.Contains(kind.Title, page, StringComparison.Ordinal);
            Assert.Contains(
                kind.Remedy.Replace("`", "", StringComparison.Ordinal),
                page.Replace("<code>", "", StringComparison.Ordinal).Replace("</code>", "", StringComparison.Ordinal),
                StringComparison.Ordinal
            );
        }

        using var missing = await world.Http.GetAsync("/problems/no-such-code");
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }
}
