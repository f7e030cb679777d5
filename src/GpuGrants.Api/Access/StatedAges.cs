using GpuGrants.Api.Store;
using GpuGrants.People;
using Npgsql;

namespace GpuGrants.Api.Access;

/// <summary>What statements that look for callers read of a person's age.</summary>
internal static class StatedAges
{
    private static readonly RowReader<PersonRow> Rows = RowMap
        .Of<PersonRow>()
        .Part(row => new
        {
            row.Status,
            row.BirthYear,
            row.OfAge,
            row.ConfirmationId,
            row.ConfirmedUntil,
        });

    /// <summary>How many columns they are.</summary>
    public static int Width => Rows.Width;

    /// <summary>The columns of <c>people</c>, which is joined from the left.</summary>
    public static string Columns(string table) => Rows.Columns(table);

    /// <summary>What the person stated. Whoever never signed up was added by somebody who knows them.</summary>
    public static StatedAge Read(NpgsqlDataReader reader, int column) =>
        !reader.IsDBNull(column) && Rows.Read(reader, column) is { Status: PersonRow.Active } person ? person.Age : StatedAge.Vouched;
}
