using System.Net;
using System.Net.Http.Headers;
using System.Text;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Ledger;

/// <summary>An export says all that its reader may see, once, and streams.</summary>
public sealed class TransferExportTests
{
    private const string Export = "/v1/transfers/export";

    // As long as many months of a busy tree: what the connection's buffers cannot hold.
    private const string FillSql = """
        with filled as (
            insert into transfers
            select copy.*
            from (select * from transfers order by sequence desc limit 1) one, generate_series(1, 3000) n,
                lateral jsonb_populate_record(null::transfers, to_jsonb(one)
                    || jsonb_build_object('id', gen_random_uuid(), 'sequence', one.sequence + n, 'note', repeat(md5(n::text), 600))) copy
            returning 1)
        select count(*) from filled
        """;

    [Fact]
    public async Task Both_formats_say_the_same_of_every_transfer()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        foreach (var hours in (int[])[5, 20])
            await scene.Startup.Ask(scene.Programme, hours);
        var json = (await world.Admin.Get(Export)).Expect(HttpStatusCode.OK)["data"].AsArray();
        var reply = (await world.Admin.Get(Export + "?format=csv")).Expect(HttpStatusCode.OK);
        Assert.Equal("text/csv", reply.Message.Content.Headers.ContentType?.MediaType);
        var csv = CsvReader.Rows(reply.Text);
        Assert.Equal(await world.ScalarAsync<long>("select count(*) from transfers"), json.Count);
        Assert.Equal(json.Count, csv.Count);
        foreach (var (one, row) in json.Zip(csv))
        {
            // An empty cell is a member that JSON leaves out.
            Assert.All(one!.AsObject(), pair => Assert.True(row.ContainsKey(pair.Key), pair.Key));
            Assert.Equal(row.ToDictionary(cell => cell.Key, cell => one[cell.Key]?.ToString() ?? ""), row);
        }
    }

    [Fact]
    public async Task An_account_a_programme_and_a_period_narrow_it()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var below = await world.Programme(credits: 3, parentId: scene.Programme, terms: new { ownBudget = true });
        var other = await world.Programme(credits: 4);
        var made = world.Now;
        await world.PassAsync(TimeSpan.FromDays(1), scene.Startup);
        await scene.Startup.Ask(scene.Programme, 5);
        Assert.Equal(await CountAsync("true"), await ExportedAsync(""));
        Assert.Equal(
            await CountAsync("programme_id = any(array[$1, $2])", scene.Programme, below),
            await ExportedAsync($"?programmeId={scene.Programme}")
        );
        Assert.Equal(1, await ExportedAsync($"?programmeId={other}"));
        var budget = await world.ScalarAsync<Guid>("select id from accounts where owner_id = $1 and kind = 'budget'", scene.Programme);
        Assert.Equal(await CountAsync("$1 in (debit_account_id, credit_account_id)", budget), await ExportedAsync($"?accountId={budget}"));
        Assert.Equal(2, await ExportedAsync($"?from={made.AddHours(1):yyyy-MM-dd'T'HH:mm:ss'Z'}"));
        Assert.Equal(0, await ExportedAsync($"?to={made:yyyy-MM-dd'T'HH:mm:ss'Z'}"));

        Task<long> CountAsync(string where, params object[] values) =>
            world.ScalarAsync<long>($"select count(*) from transfers where {where}", values);
        async Task<long> ExportedAsync(string query) =>
            (await world.Admin.Get(Export + query)).Expect(HttpStatusCode.OK)["data"].AsArray().Count;
    }

    [Fact]
    public async Task Everybody_gets_what_they_see_and_nothing_of_others()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        await scene.Startup.Ask(scene.Programme, 5);
        var (_, stranger) = await world.Organization(name: "Another");
        var budget = await world.ScalarAsync<Guid>("select id from accounts where owner_id = $1 and kind = 'budget'", scene.Programme);
        Assert.Equal(2, (await scene.Startup.Get(Export))["data"].AsArray().Count);
        Assert.Empty((await stranger.Get(Export))["data"].AsArray());
        (await stranger.Get($"{Export}?accountId={budget}")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        (await scene.Startup.Get($"{Export}?programmeId={scene.Programme}&format=csv")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        (await stranger.Get($"{Export}?programmeId={Guid.CreateVersion7()}")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        (await world.Admin.Get($"{Export}?from=yesterday")).ExpectProblem(HttpStatusCode.BadRequest, "malformed", "from");
    }

    [Fact]
    public async Task Free_text_cannot_become_a_formula_or_another_cell()
    {
        await using var world = await TestWorld.StartAsync();
        var programme = await world.Programme();
        const string Evil = "=cmd|' /C calc'!A1,\"next\"\nrow";
        (await world.Admin.Post($"/v1/programmes/{programme}/fund", new { credits = 1, reason = Evil })).Expect(HttpStatusCode.Created);
        var row = Assert.Single(CsvReader.Rows((await world.Admin.Get(Export + "?format=csv")).Text));
        Assert.Equal("'" + Evil, row["note"]);
    }

    [Theory]
    [InlineData("=1+1")]
    [InlineData("+1")]
    [InlineData("-1")]
    [InlineData("@sum")]
    [InlineData("\uFF1D1+1")]
    [InlineData("\uFF0B1")]
    [InlineData("\uFF0D1")]
    [InlineData("\uFF20sum")]
    [InlineData("  =1+1")]
    public async Task Text_that_a_spreadsheet_takes_for_a_formula_gets_an_apostrophe_and_negative_numbers_stay_numbers(string note)
    {
        await using var world = await TestWorld.StartAsync();
        var programme = await world.Programme();
        (await world.Admin.Post($"/v1/programmes/{programme}/fund", new { credits = 1, reason = note })).Expect(HttpStatusCode.Created);
        Assert.Equal("'" + note, Assert.Single(CsvReader.Rows((await world.Admin.Get(Export + "?format=csv")).Text))["note"]);
        var issuance = await world.ScalarAsync<Guid>("select id from accounts where kind = 'issuance'");
        var statement = await world.Admin.Get(
            $"/v1/accounts/{issuance}/statement?format=csv&to={world.Now.AddDays(1):yyyy-MM-dd}T00:00:00Z"
        );
        Assert.Equal("-1", CsvReader.Rows(statement.Expect(HttpStatusCode.OK).Text)[1]["amount"]);
    }

    [Fact]
    public async Task A_byte_order_mark_comes_when_it_is_asked_for_and_lines_end_as_the_standard_says()
    {
        await using var world = await TestWorld.StartAsync();
        await world.Programme();
        var bare = await BytesAsync(world, "?format=csv");
        var marked = await BytesAsync(world, "?format=csv&bom=true");
        Assert.Equal([0xEF, 0xBB, 0xBF, .. bare], marked);
        Assert.StartsWith("id,rootProgrammeId,sequence,kind,", Encoding.UTF8.GetString(bare), StringComparison.Ordinal);
        Assert.Equal(bare.Count(one => one == (byte)'\n'), bare.Zip(bare.Skip(1)).Count(pair => pair is ((byte)'\r', (byte)'\n')));
        Assert.Equal(bare, await BytesAsync(world, "?format=csv&bom=false"));
        (await world.Admin.Get(Export + "?format=csv&bom=yes")).ExpectProblem(HttpStatusCode.BadRequest, "malformed", "bom");
    }

    [Fact]
    public async Task An_export_streams_and_a_reader_who_leaves_gives_the_place_back()
    {
        await using var world = await TestWorld.StartAsync("--Ledger:MaxStreams=1", "--RateLimit:ExportsPerCaller=0");
        await world.Programme(credits: 1);
        Assert.Equal(3_000, await world.ScalarAsync<long>(FillSql));
        using (var response = await OpenAsync(world))
        {
            // The answer has begun, and is far from read: its place is still taken.
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            var busy = (await world.Admin.Get(Export)).ExpectProblem(HttpStatusCode.ServiceUnavailable, "too-many-exports");
            Assert.NotNull(busy.Message.Headers.RetryAfter);
        }

        for (var tries = 0; ; tries++)
        {
            var reply = await world.Admin.Get(Export + "?to=2000-01-01T00:00:00Z");
            if (reply.Status == HttpStatusCode.OK)
                break;
            Assert.True(tries < 2_000, "The place was never given back.");
        }
    }

    private static async Task<byte[]> BytesAsync(TestWorld world, string query)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, Export + query);
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await world.Admin.TokenAsync());
        using var response = await world.Http.SendAsync(message);
        return await response.Content.ReadAsByteArrayAsync();
    }

    private static async Task<HttpResponseMessage> OpenAsync(TestWorld world)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, Export + "?format=csv");
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await world.Admin.TokenAsync());
        return await world.Http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead);
    }
}
