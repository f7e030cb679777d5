using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Store;

/// <summary>
/// Maps rows to tables: reads use it directly, and the pipeline's writes take their columns from it. Each row type brings its own table and
/// key, in an <see cref="IEntityTypeConfiguration{TEntity}"/> beside it.
/// </summary>
public sealed class GpuGrantsContext(DbContextOptions<GpuGrantsContext> options) : DbContext(options)
{
    protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder) => optionsBuilder.UseSnakeCaseNamingConvention();

    protected override void OnModelCreating(ModelBuilder modelBuilder) =>
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(GpuGrantsContext).Assembly);
}
