using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Npgsql;

namespace GpuGrants.Api.Http.Limiting;

/// <summary>
/// A limit that all replicas share, because the database counts its calls: a number of them per key in a window, which begins with the
/// key's first call. For calls that are rare and cost others something, such as mail.
/// </summary>
/// <param name="name">By which headers name it.</param>
/// <param name="calls">Calls of a window; 0 for no limit.</param>
/// <param name="length">How long a window is, at most a day.</param>
/// <param name="database">Counts.</param>
/// <param name="clock">Says when a window ends.</param>
public sealed class SharedLimit(string name, int calls, TimeSpan length, NpgsqlDataSource database, TimeProvider clock)
{
    // Replicas' clocks differ a little, so a window that begins later than now is a present one.
    private const string Sql = """
        insert into call_windows as w (key, began_at, taken) values ($1, $2, 1)
        on conflict (key) do update set
            began_at = case when w.began_at + $3 <= $2 or w.began_at - $3 > $2 then $2 else w.began_at end,
            taken = case when w.began_at + $3 <= $2 or w.began_at - $3 > $2 then 1 else least(w.taken, $4) + 1 end
        returning began_at, taken
        """;

    /// <summary>Takes one call from the key's window and says in the headers what is left.</summary>
    /// <param name="http">The call.</param>
    /// <param name="key">Whose window: nothing that names a person in clear.</param>
    /// <param name="who">The key in words, as a sentence begins.</param>
    /// <exception cref="ProblemException">The window is used up; it names the time until the next window.</exception>
    public async Task TakeAsync(HttpContext http, string key, string who)
    {
        if (calls == 0)
            return;
        var now = clock.GetUtcNow();
        await using var command = database.CreateCommand(Sql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = $"{name}:{key}" });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = now });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = length });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = calls });
        await using var reader = await command.ExecuteReaderAsync(http.RequestAborted);
        await reader.ReadAsync(http.RequestAborted);
        var (began, taken) = (reader.GetFieldValue<DateTimeOffset>(0), reader.GetInt32(1));
        var ends = began + length - now;
        // Set when the answer starts, because a problem document clears headers that were set before.
        http.Response.OnStarting(() => LimitAnswers.Tell(http, name, calls, length, Math.Max(0, calls - taken), ends));
        if (taken > calls)
            throw LimitAnswers.UsedUp(who, calls, length, ends);
    }

    /// <summary>Takes nothing: for a limit that only mistakes count against, before it is known whether this is one.</summary>
    /// <param name="http">The call.</param>
    /// <param name="key">Whose window.</param>
    /// <param name="who">The key in words, as a sentence begins.</param>
    /// <exception cref="ProblemException">The window is used up; it names the time until the next window.</exception>
    public async Task CheckAsync(HttpContext http, string key, string who)
    {
        if (calls == 0)
            return;
        var now = clock.GetUtcNow();
        await using var command = database.CreateCommand("select began_at from call_windows where key = $1 and taken >= $2");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = $"{name}:{key}" });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = calls });
        await using var reader = await command.ExecuteReaderAsync(http.RequestAborted);
        if (!await reader.ReadAsync(http.RequestAborted))
            return;
        var began = reader.GetFieldValue<DateTimeOffset>(0);
        if (began + length > now && began - length <= now)
            throw LimitAnswers.UsedUp(who, calls, length, began + length - now);
    }
}

/// <summary>A row of <c>call_windows</c>: the calls of one key since its window began.</summary>
public sealed class CallWindow
{
    /// <summary>The limit's name and a hash or an id.</summary>
    public string Key { get; set; } = "";

    public DateTimeOffset BeganAt { get; set; }

    public int Taken { get; set; }
}

internal sealed class CallWindowTable : IEntityTypeConfiguration<CallWindow>
{
    public void Configure(EntityTypeBuilder<CallWindow> table)
    {
        table.ToTable("call_windows").HasKey(row => row.Key);
        table.UpdatesOnly(row => new { row.BeganAt, row.Taken });
    }
}
