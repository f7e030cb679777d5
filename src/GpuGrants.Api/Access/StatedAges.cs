using GpuGrants.Api.Store;
using GpuGrants.People;
using Npgsql;

namespace GpuGrants.Api.Access;

/// <summary>What a person stated of their age, read beside whatever else says who calls.</summary>
internal static class StatedAges
{
    /// <summary>Reads the columns of a person, who may be absent.</summary>
    public static readonly RowReader<PersonRow> Reader = RowMap
        .Of<PersonRow>()
        .Part(row => new
        {
            row.Status,
            row.BirthYear,
            row.OfAge,
            row.ConfirmationId,
            row.ConfirmedUntil,
        });

    /// <summary>The age. Whoever never signed up was added by somebody who knows them.</summary>
    /// <param name="reader">Stands on the row.</param>
    /// <param name="column">Where <see cref="Reader"/> begins.</param>
    public static StatedAge Read(NpgsqlDataReader reader, int column) =>
        !reader.IsDBNull(column) && Reader.Read(reader, column) is { Status: PersonRow.Active } person ? person.Age : StatedAge.Vouched;
}
