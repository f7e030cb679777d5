using System.Net;
using GpuGrants.Api.Tests.World;
using GpuGrants.Api.Wording;

namespace GpuGrants.Api.Tests.Http;

/// <summary>A refusal quotes what a caller wrote. What that is changes nothing of what the refusal costs and says.</summary>
public sealed class QuotedTextTests
{
    private const int BodyBytes = 64 * 1024;
    private static readonly (string, string) InKorean = ("Accept-Language", "ko");

    [Theory]
    [InlineData("'{0}' is unknown here: this call takes no query parameters. Leave it out.")]
    [InlineData("unknown-time-zone: $.timeZone: The time zone '{0}' is unknown. Use a name of the IANA database, such as Asia/Seoul.")]
    [InlineData("mixed-units: Rule '{0}', $.rules[0].limit: The measure counts gpuHours, not {0}.")]
    [InlineData("{0} Ask for a new one.")]
    [InlineData("{0}")]
    public void The_Korean_of_a_text_costs_a_few_times_its_length(string sentence)
    {
        foreach (var label in (string[])["a: ", "$.rules[0]: ", "Rule 'a', a: ", "The code was tried 5 times. ", "belonged until "])
        {
            var quoted = string.Concat(Enumerable.Repeat(label, 8_000 / label.Length));
            var text = string.Format(null, sentence, quoted);
            Korean.Of("The code has expired. Ask for a new code.");
            var before = GC.GetAllocatedBytesForCurrentThread();
            Korean.Of(text);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100 * sizeof(char) * text.Length);
        }
    }

    [Fact]
    public async Task A_long_name_is_quoted_by_its_beginning_and_never_translated()
    {
        await using var world = await TestWorld.StartAsync();
        var labels = string.Concat(Enumerable.Repeat("a:+", 2_000));
        var said = (await world.Admin.Get($"/v1/offers/search?{labels}=1", InKorean)).Expect(HttpStatusCode.BadRequest).Text_("detail");
        Assert.Contains("알 수 없는", said, StringComparison.Ordinal);
        Assert.InRange(said.Length, 60, 400);
        // A caller's text that happens to be a sentence of the service stays what it is.
        var quoted = (await world.Admin.Get("/v1/offers/search?Expected+text.=1", InKorean)).Expect(HttpStatusCode.BadRequest);
        Assert.Contains("'Expected text.'", quoted.Text_("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_document_of_a_full_body_gets_a_short_answer()
    {
        await using var world = await TestWorld.StartAsync();
        var admin = world.Admin;
        var scene = await world.Scene();
        var name = new string('n', BodyBytes / 2);
        var members = string.Join(',', Enumerable.Range(0, 2_500).Select(one => $"\"m{one}\":1"));
        var rules = $$$"""{"document":{"rules":[{"id":"{{{name}}}",{{{members}}}}]}}""";
        var found = (await admin.Post("/v1/quota-policies/validate", rules)).Expect(HttpStatusCode.OK);
        Assert.Equal(101, found["problems"].AsArray().Count);
        Assert.InRange(found.Text.Length, 1_000, BodyBytes);
        var zone = string.Concat(Enumerable.Repeat("a: ", BodyBytes / 4));
        var body = new
        {
            programmeId = scene.Programme,
            name = "Long",
            document = new { timeZone = zone, rules = Array.Empty<object>() },
        };
        var refused = (await admin.Post("/v1/quota-policies", body, InKorean)).Expect(HttpStatusCode.BadRequest);
        Assert.InRange(refused.Text.Length, 100, 4_000);
        Assert.Contains("시간대", refused.Text_("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_of_thousands_of_empty_entries_gets_the_first_faults()
    {
        await using var world = await TestWorld.StartAsync();
        var empty = string.Join(',', Enumerable.Repeat("{}", 9_000));
        var refused = (await world.Admin.Post("/v1/transfers", $$"""{"transfers":[{{empty}}]}""")).Expect(HttpStatusCode.BadRequest);
        Assert.InRange(refused.Text.Length, 100, 40_000);
    }
}
