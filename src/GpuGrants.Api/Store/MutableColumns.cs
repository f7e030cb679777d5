using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Store;

/// <summary>Says which columns of a table change after the insert.</summary>
internal static class MutableColumns
{
    /// <summary>
    /// Only these columns are written by updates. Without this call every column is but the key's. The database's privileges repeat it.
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="columns">The members, as in <c>row => new { row.Version }</c>.</param>
    /// <returns>The same table.</returns>
    public static EntityTypeBuilder<TRow> UpdatesOnly<TRow>(this EntityTypeBuilder<TRow> table, Expression<Func<TRow, object?>> columns)
        where TRow : class
    {
        Set(table, columns.GetMemberAccessList().Select(member => member.Name).ToHashSet());
        return table;
    }

    /// <summary>A row is written once and never again. The database's privileges repeat it.</summary>
    /// <param name="table">The table.</param>
    /// <returns>The same table.</returns>
    public static EntityTypeBuilder<TRow> NeverUpdates<TRow>(this EntityTypeBuilder<TRow> table)
        where TRow : class
    {
        Set(table, []);
        return table;
    }

    private static void Set<TRow>(EntityTypeBuilder<TRow> table, HashSet<string> mutable)
        where TRow : class
    {
        foreach (var property in table.Metadata.GetProperties().Where(property => !property.IsPrimaryKey()))
            property.SetAfterSaveBehavior(mutable.Contains(property.Name) ? PropertySaveBehavior.Save : PropertySaveBehavior.Throw);
    }
}
