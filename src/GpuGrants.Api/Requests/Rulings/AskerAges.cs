using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.People;
using Npgsql;

namespace GpuGrants.Api.Requests.Rulings;

/// <summary>
/// The ages of people who asked, read inside the transaction in which somebody else decides. A new request reads nothing here: its caller
/// brings the age.
/// </summary>
public sealed class AskerAges : PendingRows
{
    private const string Sql = """
        select p.id, y.id is not null and y.status = 'active', y.birth_year, coalesce(y.of_age, false), y.confirmation_id is not null,
            y.confirmed_until
        from unnest($1::uuid[]) as v(id) join principals p on p.id = v.id left join people y on y.id = p.person_id
        """;

    private readonly Dictionary<Guid, StatedAge> _known = [];
    private readonly HashSet<Guid> _wants = [];

    public override bool HasWants => _wants.Count > 0;

    /// <summary>Asks for the age of a principal's person.</summary>
    public void Want(Guid principalId)
    {
        if (!_known.ContainsKey(principalId))
            _wants.Add(principalId);
    }

    /// <summary>What the principal's person stated.</summary>
    /// <exception cref="KeyNotFoundException">Nobody wanted it.</exception>
    public StatedAge Of(Guid principalId) => _known[principalId];

    public override NpgsqlBatchCommand Read() => new(Sql) { Parameters = { new NpgsqlParameter<Guid[]> { TypedValue = [.. _wants] } } };

    public override async Task TakeAsync(NpgsqlDataReader reader)
    {
        foreach (var id in _wants)
            _known[id] = StatedAge.Vouched;
        _wants.Clear();
        while (await reader.ReadAsync())
            if (reader.GetBoolean(1))
                _known[reader.GetGuid(0)] = new StatedAge(
                    reader.IsDBNull(2) ? null : reader.GetInt32(2),
                    reader.GetBoolean(3),
                    reader.GetBoolean(4),
                    reader.IsDBNull(5) ? null : reader.GetFieldValue<DateTimeOffset>(5)
                );
    }

    /// <summary>It only reads.</summary>
    public override void AddWrites(NpgsqlBatch batch) { }
}
