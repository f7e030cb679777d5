using System.Net;
using GpuGrants.Api.Tests.World;
using Npgsql;

namespace GpuGrants.Api.Tests.Notices;

/// <summary>Mail that somebody turned off is not written at all, so it takes no place from anybody's mail.</summary>
public sealed class MutedMailTests
{
    private const string Quiet = "quiet@example.org";
    private const string Told = "told@example.org";

    /// <summary>Keeps what is queued, however soon it is sent or dropped.</summary>
    private const string Witness = """
        create table queued (person_id uuid, kind text);
        create function note_mail() returns trigger language plpgsql security definer set search_path = public as
            'begin insert into queued values (new.person_id, new.kind); return new; end';
        create trigger note_mail after insert on mails for each row execute function note_mail();
        """;

    [Fact]
    public async Task Of_kinds_that_somebody_turned_off_nothing_is_queued_and_others_are_told()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene(credits: 100, rules: Scenes.PerRequest("10"));
        var (quiet, told) = (await JoinAsync(world, scene, Quiet), await JoinAsync(world, scene, Told));
        var (_, asker) = await world.SignUpAsync("asker@example.org");
        var off = new
        {
            reviewDigest = false,
            escalations = false,
            lowBudget = false,
            verdicts = false,
        };
        foreach (var person in (Person[])[quiet, asker])
            (await person.Patch("/v1/me/mail", off, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        await world.FollowNoticesAsync();
        await using (var connection = new NpgsqlConnection(world.Database))
        {
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(Witness, connection);
            await command.ExecuteNonQueryAsync();
        }

        (await asker.Ask(scene.Programme, 85)).Expect(HttpStatusCode.Created);
        foreach (var days in (int[])[1, 3])
        {
            await world.PassAsync(TimeSpan.FromDays(days), asker, quiet, told);
            await world.FollowNoticesAsync();
        }

        Assert.Equal("escalations low-budget review-digest", await KindsAsync(told));
        Assert.Equal("", await KindsAsync(quiet));
        Assert.Equal("", await KindsAsync(asker));

        Task<string> KindsAsync(Person person) =>
            world.ScalarAsync<string>(
                "select coalesce(string_agg(distinct kind, ' ' order by kind), '') from queued where person_id = $1",
                person.PrincipalId
            );
    }

    private static async Task<Person> JoinAsync(TestWorld world, Scene scene, string email) =>
        world.PersonOf(
            (await world.JoinAsync(world.Admin, email, "programme-administrator", scene.Programme)).Expect(HttpStatusCode.Created)
        );
}
