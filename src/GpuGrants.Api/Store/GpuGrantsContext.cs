using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Store;

/// <summary>
/// How rows lie in tables: the reads' way to PostgreSQL and the one mapping that the pipeline's writes use too. Each row type brings its
/// own table and key, in an <see cref="IEntityTypeConfiguration{TEntity}"/> beside it.
/// </summary>
public sealed class GpuGrantsContext(DbContextOptions<GpuGrantsContext> options) : DbContext(options)
{
    protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder) => optionsBuilder.UseSnakeCaseNamingConvention();

    protected override void OnModelCreating(ModelBuilder modelBuilder) =>
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(GpuGrantsContext).Assembly);
}
