using System.Text;
using GpuGrants.Api.Access;
using GpuGrants.Api.Events;
using GpuGrants.Api.Grants;
using GpuGrants.Api.Ledger;
using GpuGrants.Api.Ledger.Movements;
using GpuGrants.Api.Offers;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Partners;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Programmes;
using GpuGrants.Api.Providers;
using GpuGrants.Api.Quotas;
using GpuGrants.Api.Quotas.Increases;
using GpuGrants.Api.Quotas.Simulations;
using GpuGrants.Api.Requests;
using GpuGrants.Api.Usage;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Store;

/// <summary>How rows lie in tables: the reads' way to PostgreSQL and the one mapping that the pipeline's writes use too.</summary>
public sealed class GpuGrantsContext(DbContextOptions<GpuGrantsContext> options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        Table<Organization>("organizations", "Id");
        Table<Project>("projects", "Id");
        Table<Partner>("partners", "Id");
        Table<Programme>("programmes", "Id");
        Table<GpuModel>("gpu_models", "Id");
        Table<Provider>("providers", "Id");
        Table<OfferRow>("offers", "RootProgrammeId", "Id");
        Table<OfferRate>("offer_rates", "RootProgrammeId", "OfferId", "EffectiveFrom");
        Table<Request>("requests", "RootProgrammeId", "Id");
        Table<Decision>("decisions", "RootProgrammeId", "Id");
        Table<Grant>("grants", "RootProgrammeId", "Id");
        Table<UsageRecord>("usage_records", "RootProgrammeId", "GrantId", "Id");
        Table<QuotaPolicy>("quota_policies", "RootProgrammeId", "Id");
        Table<QuotaPolicyVersion>("quota_policy_versions", "RootProgrammeId", "PolicyId", "Number");
        Table<QuotaOverrideRow>("quota_overrides", "RootProgrammeId", "Id");
        Table<QuotaIncrease>("quota_increases", "RootProgrammeId", "Id");
        Table<QuotaIncreaseDecision>("quota_increase_decisions", "RootProgrammeId", "Id");
        Table<QuotaSimulationRow>("quota_simulations", "RootProgrammeId", "Id");
        Table<QuotaSignatureRow>("quota_signatures", "RootProgrammeId", "SignatureId");
        Table<QuotaCounterRow>("quota_counters", "RootProgrammeId", "SubjectId", "SignatureId");
        Table<QuotaFactRow>("quota_facts", "RootProgrammeId", "EventSequence", "Ordinal");
        Table<Event>("events", "RootProgrammeId", "Sequence");
        Table<ProgrammeTree>("programme_trees", "RootProgrammeId");
        Table<AccountRow>("accounts", "RootProgrammeId", "Id");
        Table<TransferRow>("transfers", "RootProgrammeId", "Id");
        Table<HoldRow>("holds", "RootProgrammeId", "Id");
        Table<RefusedTransferRow>("refused_transfers", "RootProgrammeId", "Id");
        Table<CreditMovement>("credit_movements", "RootProgrammeId", "Id");
        Table<LedgerBlockRow>("ledger_blocks", "RootProgrammeId", "Number");
        Table<Principal>("principals", "Id");
        Table<ApiClient>("api_clients", "Id");
        Table<RoleAssignment>("role_assignments", "Id");
        Table<SigningKey>("signing_keys", "Id");
        Table<KeptAnswer>("idempotency_keys", "Id");
        modelBuilder.Entity<Decision>().Property(row => row.Explanation).HasColumnType("jsonb");
        modelBuilder.Entity<Event>().Property(row => row.Data).HasColumnType("jsonb");
        modelBuilder.Entity<QuotaPolicyVersion>().Property(row => row.Document).HasColumnType("jsonb");
        modelBuilder.Entity<QuotaSimulationRow>().Property(row => row.Document).HasColumnType("jsonb");
        modelBuilder.Entity<QuotaSimulationRow>().Property(row => row.Result).HasColumnType("jsonb");
        modelBuilder.Entity<RefusedTransferRow>().Property(row => row.Details).HasColumnType("jsonb");

        void Table<TRow>(string name, params string[] key)
            where TRow : class
        {
            var entity = modelBuilder.Entity<TRow>().ToTable(name);
            entity.HasKey(key);
            foreach (var property in entity.Metadata.GetProperties())
            {
                property.SetColumnName(SnakeCase(property.Name));
                property.ValueGenerated = Microsoft.EntityFrameworkCore.Metadata.ValueGenerated.Never;
            }
        }
    }

    private static string SnakeCase(string name)
    {
        var text = new StringBuilder(name.Length + 8);
        foreach (var letter in name)
        {
            if (char.IsUpper(letter) && text.Length > 0)
                text.Append('_');
            text.Append(char.ToLowerInvariant(letter));
        }

        return text.ToString();
    }
}
