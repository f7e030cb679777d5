using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.People;
using Npgsql;

namespace GpuGrants.Api.Requests.Rulings;

/// <summary>
/// The ages of people who asked, read inside the transaction in which somebody else decides. A new request reads nothing here: its caller
/// brings the age.
/// </summary>
public sealed class AskerAges : ReadByKey<Guid, StatedAge>
{
    private const string Text = """
        select p.id, y.id is not null and y.status = 'active', y.birth_year, coalesce(y.of_age, false), y.confirmation_id is not null,
            y.confirmed_until
        from unnest($1::uuid[]) as v(id) join principals p on p.id = v.id left join people y on y.id = p.person_id
        """;

    protected override string Sql => Text;

    /// <summary>Asks for the age of a principal's person.</summary>
    public void Want(Guid principalId) => Find(principalId);

    /// <summary>What the principal's person stated.</summary>
    /// <exception cref="KeyNotFoundException">Nobody wanted it.</exception>
    public StatedAge AgeOf(Guid principalId) => Of(principalId) is [var age] ? age : StatedAge.Vouched;

    protected override (Guid Key, StatedAge Found) Read(NpgsqlDataReader row) =>
        (
            row.GetGuid(0),
            row.GetBoolean(1)
                ? new StatedAge(
                    row.IsDBNull(2) ? null : row.GetInt32(2),
                    row.GetBoolean(3),
                    row.GetBoolean(4),
                    row.IsDBNull(5) ? null : row.GetFieldValue<DateTimeOffset>(5)
                )
                : StatedAge.Vouched
        );
}
