using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.World;
using Npgsql;

namespace GpuGrants.Api.Tests.Feed;

/// <summary>Whoever exports events knows whether they have the whole period, also when the database is restored meanwhile.</summary>
public sealed class FeedExportTests
{
    /// <summary>More than the service reads in one look.</summary>
    private const int Events = 1_200;

    /// <summary>The statement by which a look begins.</summary>
    private const string Look = "left join programme_trees";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_whole_export_says_that_nothing_broke_it_off()
    {
        await using var world = await TestWorld.StartAsync();
        var (person, path) = await FilledAsync(world);
        var whole = (await person.Get(path)).Expect(HttpStatusCode.OK);
        Assert.Equal(Events, whole["data"].AsArray().Count);
        Assert.False(whole.Body!.AsObject().ContainsKey("brokenOff"));
        Assert.Equal(Events + 2, (await person.Get($"{path}&format=csv")).Text.Split("\r\n").Length);
    }

    [Fact]
    public async Task A_restore_before_the_first_event_is_a_problem_with_the_cursor_to_go_on_from()
    {
        await using var world = await TestWorld.StartAsync();
        var (person, path) = await FilledAsync(world);
        await person.TokenAsync();
        var exporting = new SteppedExport(world, person);
        var problem = (await exporting.RestoreAtAsync(1, () => person.Get(path))).ExpectProblem(HttpStatusCode.Conflict, "feed-restored");
        Assert.Contains("Export the period again.", problem.Text_("detail"), StringComparison.Ordinal);
        await ExpectGoingOnAsync(person, problem.Text_("cursor"));
    }

    [Fact]
    public async Task A_restore_in_the_middle_cuts_JSON_off_after_it_said_why_and_where_to_go_on()
    {
        await using var world = await TestWorld.StartAsync();
        var (person, path) = await FilledAsync(world);
        await person.TokenAsync();
        var (text, isWhole) = await new SteppedExport(world, person).RestoreAtAsync(2, () => ReadAsync(world, person, path));
        Assert.False(isWhole);
        var export = JsonNode.Parse(text)!;
        Assert.InRange(export["data"]!.AsArray().Count, 1, Events - 1);
        Assert.Equal("feed-restored", export["brokenOff"]!["code"]!.GetValue<string>());
        await ExpectGoingOnAsync(person, export["brokenOff"]!["cursor"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_restore_in_the_middle_cuts_CSV_off_after_a_line_that_says_why_and_where_to_go_on()
    {
        await using var world = await TestWorld.StartAsync();
        var (person, path) = await FilledAsync(world);
        await person.TokenAsync();
        var (text, isWhole) = await new SteppedExport(world, person).RestoreAtAsync(
            2,
            () => ReadAsync(world, person, $"{path}&format=csv")
        );
        Assert.False(isWhole);
        var lines = text.TrimEnd().Split("\r\n");
        Assert.InRange(lines.Length, 3, Events);
        Assert.StartsWith("\"feed-restored: The database was restored", lines[^1], StringComparison.Ordinal);
        await ExpectGoingOnAsync(person, lines[^1].Split("cursor=")[1].TrimEnd('"'));
    }

    /// <summary>The cursor is one of the list of events, with the export's filters. It goes on with what there is now.</summary>
    private static async Task ExpectGoingOnAsync(Person person, string cursor)
    {
        var page = (await person.Get($"/v1/events?types=gpu-model.*&cursor={Uri.EscapeDataString(cursor)}")).Expect(HttpStatusCode.OK);
        Assert.NotEmpty(page["data"].AsArray());
    }

    /// <summary>A tree with many events, and a path that exports them.</summary>
    private static async Task<(Person Person, string Path)> FilledAsync(TestWorld world)
    {
        await world.GpuModel();
        world.Clock.Advance(TimeSpan.FromDays(1));
        world.Admin.ForgetToken();
        await world.GpuModel("h200", 141);
        var last = await world.ScalarAsync<long>("select max(sequence) from events where root_programme_id = $1", Guid.Empty);
        // As many as there would be after years: each with a number and an id of its own.
        var columns = await world.ScalarAsync<string>(
            "select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute "
                + "where attrelid = 'events'::regclass and attnum > 0 and not attisdropped and attname not in ('id', 'sequence') "
                + "and attgenerated = ''"
        );
        await world.ScalarAsync<long>(
            $"with more as (insert into events (id, sequence, {columns}) select gen_random_uuid(), $1 + i, {columns} "
                + "from events, generate_series(1, $2) i where sequence = $1 and root_programme_id = $3 returning 1), "
                + "numbered as (update programme_trees set event_sequence = $1 + $2 where root_programme_id = $3 returning 1) "
                + "select (select count(*) from more) + (select count(*) from numbered)",
            last,
            Events - 1L,
            Guid.Empty
        );
        var (from, to) = (world.Now.AddHours(-1), world.Now.AddHours(1));
        const string Moment = "yyyy-MM-ddTHH:mm:ssZ";
        return (
            world.Admin,
            "/v1/events/export?types=gpu-model.*"
                + $"&from={from.ToString(Moment, CultureInfo.InvariantCulture)}&to={to.ToString(Moment, CultureInfo.InvariantCulture)}"
        );
    }

    /// <summary>Reads an answer up to where it ends or breaks off.</summary>
    private static async Task<(string Text, bool IsWhole)> ReadAsync(TestWorld world, Person person, string path)
    {
        // Not by the world's client, which reads whole answers.
        using var http = new HttpClient { BaseAddress = world.Address };
        using var message = new HttpRequestMessage(HttpMethod.Get, path);
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await person.TokenAsync());
        using var answer = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await using var body = await answer.Content.ReadAsStreamAsync();
        using var text = new MemoryStream();
        var buffer = new byte[16_384];
        try
        {
            for (int read; (read = await body.ReadAsync(buffer)) > 0; )
                text.Write(buffer, 0, read);
            return (Encoding.UTF8.GetString(text.ToArray()), true);
        }
        catch (IOException)
        {
            return (Encoding.UTF8.GetString(text.ToArray()), false);
        }
    }

    /// <summary>
    /// Lets a call go from one statement on the trees to the next. PostgreSQL serves those who wait for a lock in turn, so each time the
    /// test waits behind the call before it lets it go on.
    /// </summary>
    private sealed class SteppedExport(TestWorld world, Person person)
    {
        /// <summary>Calls, and restores the database just before a look.</summary>
        /// <param name="look">Which one, from 1 on.</param>
        /// <param name="call">The call.</param>
        public async Task<TAnswer> RestoreAtAsync<TAnswer>(int look, Func<Task<TAnswer>> call)
        {
            // The token is there, and the caller is known: what follows is the export alone.
            (await person.Get("/v1/me")).Expect(HttpStatusCode.OK);
            var held = await LockAsync();
            var answer = Task.Run(call);
            for (var looks = 0; ; )
            {
                await WaitingAsync(1);
                if (await IsLookAsync() && ++looks == look)
                    break;
                var next = LockAsync();
                await WaitingAsync(2);
                await held.DisposeAsync();
                held = await next.WaitAsync(Patience);
            }

            // What a restore does to a reader: the number of the last event that it read is another event's.
            await held.ExecuteAsync(
                "alter table events disable trigger user; update events set id = gen_random_uuid(); "
                    + "alter table events enable trigger user; commit"
            );
            await held.DisposeAsync();
            return await answer.WaitAsync(Patience);
        }

        private async Task<Held> LockAsync()
        {
            var connection = new NpgsqlConnection(world.Database);
            await connection.OpenAsync();
            var held = new Held(connection);
            await held.ExecuteAsync("begin; lock table programme_trees in access exclusive mode");
            return held;
        }

        private async Task WaitingAsync(int count)
        {
            using var patience = new CancellationTokenSource(Patience);
            while (await CountAsync("true") < count)
            {
                patience.Token.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        }

        private async Task<bool> IsLookAsync() => await CountAsync($"query like '%{Look}%'") > 0;

        private Task<long> CountAsync(string condition) =>
            world.ScalarAsync<long>(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and " + condition
            );
    }

    /// <summary>A connection of its own, whose transaction ends with it.</summary>
    private sealed class Held(NpgsqlConnection connection) : IAsyncDisposable
    {
        public async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
        }

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}
