using GpuGrants.Api.Access;
using GpuGrants.Api.Pipeline.Commands;
using Npgsql;

namespace GpuGrants.Api.People;

/// <summary>
/// Makes the principals of people active or disabled, by the suspensions that are open when the batch is written. It also reaches those
/// that a person made a moment ago. Each of them gets another version, so whatever they have under way is judged again.
/// </summary>
internal sealed class StandingOfPeople : PendingRows
{
    private const string Sql = """
        update principals p set version = p.version + 1, status = case
            when exists (select from suspensions s where s.person_id = p.person_id and s.lifted_at is null) then 'disabled' else 'active' end
        where p.person_id = any ($1)
        """;

    private readonly HashSet<Guid> _people = [];

    public override bool HasWants => false;

    public override Type? Written => _people.Count > 0 ? typeof(Principal) : null;

    /// <summary>Asks for a person's principals to be looked at.</summary>
    public void Refresh(Guid person) => _people.Add(person);

    /// <exception cref="NotSupportedException">Nothing is read.</exception>
    public override NpgsqlBatchCommand Read() => throw new NotSupportedException("Nothing is read here.");

    /// <exception cref="NotSupportedException">Nothing is read.</exception>
    public override Task TakeAsync(NpgsqlDataReader reader) => throw new NotSupportedException("Nothing is read here.");

    public override void AddWrites(NpgsqlBatch batch)
    {
        if (_people.Count > 0)
            batch.BatchCommands.Add(
                new NpgsqlBatchCommand(Sql) { Parameters = { new NpgsqlParameter<Guid[]> { TypedValue = [.. _people] } } }
            );
    }
}
