using System.Net;
using System.Text.RegularExpressions;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Codes;

public sealed partial class CodeSheetTests
{
    private static readonly (string Field, string Body)[] Bad =
    [
        ("name", """{"name":null}"""),
        ("offerId", """{"offerId":null}"""),
        ("count", """{"count":0}"""),
        ("count", """{"count":5001}"""),
        ("count", """{"count":5000,"gpuHours":100000}"""),
        ("gpuHours", """{"gpuHours":0}"""),
        ("gpuHours", """{"gpuHours":0.005}"""),
        ("gpus", """{"gpus":0}"""),
        ("gpus", """{"gpus":65}"""),
        ("durationDays", """{"durationDays":731}"""),
        ("redeemBy", """{"redeemBy":"2001-01-01T00:00:00Z"}"""),
        ("redeemBy", """{"redeemBy":"9999-01-01T00:00:00Z"}"""),
        ("tags", """{"tags":["Two words"]}"""),
        ("link", """{"link":"http://example.org"}"""),
        ("link", """{"link":"https://example.org/\u0000redeem"}"""),
        ("link", """{"link":"https://example.org/\u0007redeem"}"""),
        ("link", """{"link":"https://example.org/#here"}"""),
        ("link", """{"link":"https://somebody@example.org/"}"""),
    ];

    [Fact]
    public async Task The_same_codes_are_read_and_printed_again_on_any_replica_and_lie_in_no_table()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene();
        var (batch, codes) = await world.Mint(scene, 4, new { name = "<Spring & summer>", link = "https://example.org/redeem" });
        var path = $"/v1/code-batches/{batch.Id}";
        Assert.Equal(codes, await second.CodesOf(batch.Id));
        Assert.All(codes, code => Assert.Matches("^([0-9A-HJKMNP-TV-Z]{4}-){4}[0-9A-HJKMNP-TV-Z]{4}$", code));
        Assert.Equal(0, await world.CountRowsWithAsync(codes[0]));
        Assert.Equal(0, await world.CountRowsWithAsync(codes[0].Replace("-", "", StringComparison.Ordinal)));
        (await scene.Startup.Redeem(codes[1])).Expect(HttpStatusCode.Created);

        var csv = (await world.Admin.Get($"{path}/codes?format=csv")).Expect(HttpStatusCode.OK);
        var rows = CsvReader.Rows(csv.Text);
        Assert.StartsWith("number,code,status", csv.Text, StringComparison.Ordinal);
        Assert.Equal(
            [$"1,{codes[0]},good", $"2,{codes[1]},redeemed"],
            rows.Take(2).Select(row => $"{row["number"]},{row["code"]},{row["status"]}")
        );

        var page = (await second.Admin.Get($"{path}/page")).Expect(HttpStatusCode.OK);
        Assert.Equal("text/html", page.Message.Content.Headers.ContentType?.MediaType);
        Assert.Equal("no-store", page.Message.Headers.CacheControl?.ToString());
        Assert.Equal("default-src 'none'; frame-ancestors 'none'", page.Message.Headers.GetValues("Content-Security-Policy").Single());
        Assert.DoesNotMatch("<script|<style|style=|<img|<link|href|src=|\\son[a-z]+=", page.Text);
        Assert.Contains("&lt;Spring &amp; summer&gt;", page.Text, StringComparison.Ordinal);
        Assert.Contains("<p lang=\"ko\">코드마다 5 GPU시간(h100)을 쓸 수 있습니다.", page.Text, StringComparison.Ordinal);
        Assert.Contains(codes[0], page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(codes[1], page.Text, StringComparison.Ordinal);
        Assert.Equal(3, Picture().Count(page.Text));
    }

    [Fact]
    public async Task An_operator_mints_no_codes_on_the_own_offer()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var both = new { principalId = scene.Operator.PrincipalId, role = "programme-administrator" };
        (await world.Admin.Post($"/v1/programmes/{scene.Programme}/members", both)).Expect(HttpStatusCode.Created);
        await world.ScalarAsync<long>(
            "with all_scopes as (update api_clients set scopes = array['read', 'request', 'review', 'provide', 'administer', 'clients'] "
                + "returning 1) select count(*) from all_scopes"
        );
        scene.Operator.ForgetToken();
        (await world.TryMint(scene, by: scene.Operator)).ExpectProblem(HttpStatusCode.Conflict, "own-provider");
    }

    [Fact]
    public async Task A_bad_batch_is_told_the_field_and_mints_nothing()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(capacity: 10_000);
        var before = await world.FingerprintAsync();
        foreach (var (field, bad) in Bad)
            (await world.TryMint(scene, more: System.Text.Json.Nodes.JsonNode.Parse(bad))).ExpectProblem(
                HttpStatusCode.BadRequest,
                "invalid",
                field
            );
        Assert.Equal(before, await world.FingerprintAsync());
    }

    [GeneratedRegex("<svg [^>]*><path d=\"M[0-9Mhvz -]+\"/></svg>")]
    private static partial Regex Picture();
}
