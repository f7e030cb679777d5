using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace GpuGrants.Api.Store;

/// <summary>
/// Maps rows to tables. Reads use it directly, and <see cref="RowMap{TRow}"/> takes columns, converters and keys from it. Each row type
/// brings its own table and key, in an <see cref="IEntityTypeConfiguration{TEntity}"/> beside it.
/// </summary>
public sealed class GpuGrantsContext(DbContextOptions<GpuGrantsContext> options) : DbContext(options)
{
    private static readonly Lazy<IModel> Once = new(MakeMapping);

    /// <summary>The mapping of all tables. It is the same in every process and needs no database.</summary>
    public static IModel Mapping => Once.Value;

    protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder) => optionsBuilder.UseSnakeCaseNamingConvention();

    protected override void OnModelCreating(ModelBuilder modelBuilder) =>
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(GpuGrantsContext).Assembly);

    private static IModel MakeMapping()
    {
        using var context = new GpuGrantsContext(new DbContextOptionsBuilder<GpuGrantsContext>().UseNpgsql().Options);
        return context.Model;
    }
}
