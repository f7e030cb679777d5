using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Npgsql;

namespace GpuGrants.Api.Store;

/// <summary>
/// Maps rows to tables. Reads use it directly, and <see cref="RowMap{TRow}"/> takes columns, converters and keys from it. Each row type
/// brings its own table and key, in an <see cref="IEntityTypeConfiguration{TEntity}"/> beside it.
/// </summary>
public sealed class GpuGrantsContext : DbContext
{
    private static readonly Lazy<IModel> Once = new(MakeMapping);

    /// <summary>The mapping of all tables. It is the same in every process and needs no database.</summary>
    public static IModel Mapping => Once.Value;

    /// <summary>A context without a database, or with one that the options name.</summary>
    public GpuGrantsContext(DbContextOptions<GpuGrantsContext> options)
        : base(options) { }

    /// <summary>
    /// Each call gets a context of its own, and the next takes it over: what EF puts together for a context costs more than a short read.
    /// </summary>
    public static void Add(IServiceCollection services)
    {
        services.AddPooledDbContextFactory<GpuGrantsContext>(Configure);
        services.AddScoped(provider =>
        {
            var context = provider.GetRequiredService<IDbContextFactory<GpuGrantsContext>>().CreateDbContext();
            // Not by the options, so that EF keeps one set of compiled queries for all databases. A context that is given back loses it.
            context.Database.SetDbConnection(
                provider.GetRequiredService<NpgsqlDataSource>().CreateConnection(),
                contextOwnsConnection: true
            );
            return context;
        });
    }

    /// <summary>What all contexts of a service share.</summary>
    public static void Configure(DbContextOptionsBuilder options) =>
        options.UseNpgsql().UseQueryTrackingBehavior(QueryTrackingBehavior.NoTracking).UseModel(Mapping);

    protected override void OnModelCreating(ModelBuilder modelBuilder) =>
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(GpuGrantsContext).Assembly);

    private static IModel MakeMapping()
    {
        using var context = new GpuGrantsContext(
            new DbContextOptionsBuilder<GpuGrantsContext>().UseNpgsql().UseSnakeCaseNamingConvention().Options
        );
        return context.Model;
    }
}
